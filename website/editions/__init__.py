"""Other forms of the book: notebooks, learner tree, paper, PDF, offline."""
