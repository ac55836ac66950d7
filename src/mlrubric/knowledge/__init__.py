"""The catalogue of libraries, commands and actions: qualified name -> role, argument roles, type; read from `rules/knowledge/`."""
