"""Words that all floors share: findings, how they are judged, policy, metrics, errors, files."""
