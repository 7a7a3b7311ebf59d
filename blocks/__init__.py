"""The catalogue of blocks: one file each, listed in ``catalogue.CATALOG``.

Pure, like the engine, which is all that is imported here.
"""
