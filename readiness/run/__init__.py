"""From a spec to a report file: checked, executed, exported, published."""
