"""In from other systems and out to them."""
