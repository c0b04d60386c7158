# For hands that type make; ./run is the real thing and needs no make.
.PHONY: demo test lint docs setup lock
demo test lint docs setup lock:
	@./run $@
