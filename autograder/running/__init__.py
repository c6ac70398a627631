"""Run checks on answers, each side in a process of its own, and compare what answers gave."""
