"""How a page looks and behaves, each module with its own JavaScript and CSS."""
