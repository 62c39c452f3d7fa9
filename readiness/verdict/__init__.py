"""Six answers in, one decision out; and the record that a signature covers."""
