"""What does an attestation look like? One example file for every box that only a person can answer."""

from __future__ import annotations

import datetime
from pathlib import Path

from readiness.checklist import BOXES, Source
from readiness.spec.inputs import MOST_VALID_DAYS

BY = "demo (example attestation)"
HOLDS = datetime.timedelta(days=MOST_VALID_DAYS)
"""An example may hold for as long as a spec accepts; an attestation of your own, a year at most."""

SAYS = {
    "real_pipeline": "The rows that were scored came through the pipeline that will serve payments, joins and delays "
    "included, and not from a file that was cleaned by hand.",
    "graceful_degradation": "At twice the busiest hour the service answered late and never wrongly; above that it "
    "falls back to the rule on the amount.",
    "monitoring": "Alarm rate, confirmed frauds and latency are on a dashboard, for all customers and for each age "
    "group.",
    "alert_thresholds": "Somebody is called when the alarm rate leaves 5 % to 15 % for an hour, or when recall of any "
    "age group falls below 80 % in a week.",
    "rollback_plan": "One switch brings the previous model back; it was tried, and took four minutes.",
    "ab_test": "Two weeks, cards split at random, the present model as control; the measure is money lost to fraud.",
    "drift_detection": "The inputs are compared with the training rows every night.",
    "bias_audit": "Recall and false alarms of each age group and region were looked at by somebody who did not build "
    "the model.",
    "documentation": "Purpose, data, limits and owner are written down and were read by the team on call.",
    "legal_review": "The model does not use age; holding back a payment may be contested with a person.",
    "model_versioning": "Every version is kept with its data, code and digest, and can be built again.",
}
"""What a person would have to be able to say, by box."""


def write_attestations(folder: Path, on: datetime.date) -> str:
    """Write one Markdown file per box, signed on a day; returns the lines that name them in the spec, indented by two
    blanks.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lines = []
    for box in BOXES:
        if box.source is Source.ATTESTED:
            signed = f"- By: {BY}\n- On: {on}\n- Valid until: {on + HOLDS}, for it is an example"
            text = f"# {box.title}\n\n{SAYS[box.key]}\n\n{signed}\n\n{_DISCLAIMER}\n"
            (folder / f"{box.key}.md").write_text(text, encoding="utf-8", newline="\n")
            evidence = f"attestations/{box.key}.md"
            said = f"done: true, by: {BY}, on: {on}, evidence: {evidence}, valid_until: {on + HOLDS}"
            lines.append(f"  {box.key}: {{{said}}}")
    return "\n".join(lines)


_DISCLAIMER = (
    "This is an example, written by `readiness demo`. There is no such service, and nobody checked anything.\n"
    "In a review of your own, a person signs here with their name and adds what they saw."
)
