"""Verify that exercises keep their promises: solution, stub, wrong answers and mutants."""
