"""The rationing game on gridsim and on its peers: first that all compute the same, then how fast. See DECLARATION.md."""
