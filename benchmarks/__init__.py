"""Speed benchmarks; each says in its docstring how to run it."""
