"""Sentences of a report, built in one place from structured findings: page, figures, card, comparison, terminal."""

from __future__ import annotations

from readiness.report.sentences.answers import NOT_PERMISSION as NOT_PERMISSION
from readiness.report.sentences.answers import TITLE as TITLE
from readiness.report.sentences.answers import UNTOLD as UNTOLD
from readiness.report.sentences.answers import actions as actions
from readiness.report.sentences.answers import answer_word as answer_word
from readiness.report.sentences.answers import approval_words as approval_words
from readiness.report.sentences.answers import asked as asked
from readiness.report.sentences.answers import limits as limits
from readiness.report.sentences.answers import metric_title as metric_title
from readiness.report.sentences.answers import model_names as model_names
from readiness.report.sentences.answers import result_words as result_words
from readiness.report.sentences.answers import reused_words as reused_words
from readiness.report.sentences.answers import segment_words as segment_words
from readiness.report.sentences.answers import topic as topic
from readiness.report.sentences.answers import worst_first as worst_first
from readiness.report.sentences.answers import yes_count as yes_count
from readiness.report.sentences.answers import yes_words as yes_words
from readiness.report.sentences.decision import Headline as Headline
from readiness.report.sentences.decision import ScoreRow as ScoreRow
from readiness.report.sentences.decision import Step as Step
from readiness.report.sentences.decision import also_look_at as also_look_at
from readiness.report.sentences.decision import headline as headline
from readiness.report.sentences.decision import scorecard as scorecard
from readiness.report.sentences.decision import steps as steps
from readiness.report.sentences.language import Language as Language
from readiness.report.sentences.language import gain_between as gain_between
from readiness.report.sentences.margins import margin_of as margin_of
from readiness.report.sentences.margins import rank as rank
from readiness.report.sentences.scope import LookedAt as LookedAt
from readiness.report.sentences.scope import Mistake as Mistake
from readiness.report.sentences.scope import four_mistakes as four_mistakes
from readiness.report.sentences.scope import looked_at as looked_at
from readiness.report.sentences.scope import not_looked_at as not_looked_at
from readiness.report.sentences.summaries import ReportLine as ReportLine
from readiness.report.sentences.summaries import answer_sentence as answer_sentence
from readiness.report.sentences.summaries import finding_sentence as finding_sentence
from readiness.report.sentences.summaries import report_lines as report_lines
from readiness.report.sentences.summaries import soundness_sentence as soundness_sentence
from readiness.report.sentences.summaries import status_of as status_of
from readiness.report.sentences.summaries import step_line as step_line
from readiness.report.sentences.summaries import text_report as text_report
from readiness.report.sentences.summaries import verdict_sentence as verdict_sentence
