"""The power layer of gridsim as somebody would write it in Mesa, to compare speed; see `market`."""
