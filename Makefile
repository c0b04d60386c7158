# For hands that type make; ./run is the real thing and needs no make.
.PHONY: demo test lint setup lock
demo test lint setup lock:
	@./run $@
