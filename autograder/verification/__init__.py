"""Does an exercise keep its promises: the build gate, and mutants of its solution."""
