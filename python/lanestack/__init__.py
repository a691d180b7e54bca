from lanestack._lanestack import __version__, ufunc
exp = ufunc("exp", "default", "doc")
log = ufunc("log", "default", "doc")
sqrt = ufunc("sqrt", "default", "doc")
square = ufunc("square", "default", "doc")
