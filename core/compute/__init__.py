"""Heavy work in a Python process of its own, so that nothing there can take QGIS down.

:mod:`.interpreter` finds a Python that is like ours, :mod:`.parent` starts it and hands
arrays over by memory-mapped files, :mod:`.child` runs inside it.
"""
