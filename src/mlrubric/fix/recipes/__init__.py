"""One form of mending per module, found by walking this package.

A recipe has
    def remedy(site: Site) -> Edits | None       what to change for the finding of the site; None when nothing can be done here
"""
