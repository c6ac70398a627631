"""Take submissions in from other systems, and hand marks, answers and exercises out to them."""
