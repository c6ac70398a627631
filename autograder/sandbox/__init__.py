"""Start warm worker processes, fork from them, and confine what was forked."""
