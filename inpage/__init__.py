"""What runs in the reader's browser, and how the site gets it."""
