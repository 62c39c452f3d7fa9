"""Counterexamples: the smallest input at which a model failed a probe, what it said before and after, and a cure.

All of it is data: sentences are made of it where it is shown. Values are texts of the tables, so they are foreign.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Change(StrEnum):
    """What was done to rows that a model answers; `words` say it after a colon or in a table."""

    words: str

    def __new__(cls, value: str, words: str = "") -> Change:
        """A change with its words."""
        change = str.__new__(cls, value)
        change._value_ = value
        change.words = words
        return change

    # which rows are asked together
    ALONE = "alone", "a single {row}"
    AGAIN = "again", "the same {rows} again"
    BACKWARDS = "backwards", "the same {rows} in another order"
    TWICE = "twice", "every {row} twice"
    NONE = "none", "no {rows}"
    # which columns they have
    SWAPPED = "swapped", "these columns change places"
    REORDERED = "reordered", "the columns in another order"
    EXTRA = "extra", "one column more"
    LACKING = "lacking", "without this column"
    RENAMED = "renamed", "this column under another name"
    # which values these hold
    GAP = "gap", "no value"
    UNKNOWN = "unknown", "a value never seen before"
    EXTREME = "extreme", "an extreme number"
    INFINITE = "infinite", "an infinite number"
    RAISED = "raised", "another value"
    REPLACED = "replaced", "another value, which must not matter"
    # in which type or form they come
    AS_TEXT = "as_text", "numbers as text"
    AS_DECIMAL = "as_decimal", "whole numbers as decimals"
    AS_SINGLE = "as_single", "numbers in single precision"
    AS_WORDS = "as_words", "categories as plain text"
    AS_CATEGORY = "as_category", "plain text as categories"
    AS_DATE_TEXT = "as_date_text", "dates as text"
    IN_UTC = "in_utc", "dates with a time zone"
    INDEX = "index", "a table with another index"
    REPEATED_INDEX = "repeated_index", "a table whose index repeats"
    READ_ONLY = "read_only", "rows in memory that cannot be written"
    SCATTERED = "scattered", "rows that lie apart in memory"
    COLUMNWISE = "columnwise", "an array stored column by column"
    RECORDS = "records", "a list instead of a table"
    # around the model
    PROBABILITIES = "probabilities", "its probabilities beside its answers"
    INPUT = "input", "what it was handed, after it answered"
    STATE = "state", "the program around it, after it answered"
    THREADS = "threads", "four calls at once"
    PICKLED = "pickled", "the model, saved and loaded again"
    SERVED = "served", "the served model in place of the file"


class Cure(StrEnum):
    """What mends a model that failed: `words` is a sentence without its full stop, `code` what says it best."""

    words: str
    code: str

    def __new__(cls, value: str, words: str = "", code: str = "") -> Cure:
        """A cure with its words."""
        cure = str.__new__(cls, value)
        cure._value_ = value
        cure.words = words
        cure.code = code
        return cure

    @property
    def advice(self) -> str:
        """Words and code in one sentence without its full stop."""
        return f"{self.words}: {self.code}" if self.code else self.words

    SELECT_BY_NAME = (
        "select_by_name",
        "Select columns by name in front of the model, and fit both together",
        "make_pipeline(make_column_transformer(('passthrough', columns)).set_output(transform='pandas'), model)",
    )
    CHECK_COLUMNS = (
        "check_columns",
        "Refuse tables that lack a column, and drop what is too much, before the model",
        "if missing := set(columns) - set(rows): raise ValueError(f'missing: {missing}')",
    )
    SERVE_THE_FILE = "serve_the_file", "Serve the very file that is reviewed, with the same versions of its libraries"
    KEEP_TABLES = "keep_tables", "Refuse tables with another number of columns where the model is served"
    IGNORE_UNKNOWN = (
        "ignore_unknown",
        "Let the encoder take what it has never seen",
        "OneHotEncoder(handle_unknown='ignore')",
    )
    KNOWN_CATEGORIES = (
        "known_categories",
        "Turn what the model does not know into a gap before it",
        "rows[name].astype(pd.CategoricalDtype(known))",
    )
    FILL_GAPS = (
        "fill_gaps",
        "Fill gaps inside the model",
        "make_pipeline(SimpleImputer(add_indicator=True), model)",
    )
    TAKE_GAPS = (
        "take_gaps",
        "Hand gaps over as NaN in the types of training, which the library itself takes",
        "rows.astype(dtypes)",
    )
    CLIP_NUMBERS = (
        "clip_numbers",
        "Clip numbers to the range of training before the model",
        "rows[name].clip(low, high)",
    )
    INFINITE_TO_GAP = (
        "infinite_to_gap",
        "Turn infinite numbers into gaps before the model",
        "rows.replace([np.inf, -np.inf], np.nan)",
    )
    KEEP_ROWS = "keep_rows", "Answer any number of rows with as many answers: no squeeze(), no fixed size of batch"
    ANSWER_NONE = "answer_none", "Return early where there is no row", "if len(rows) == 0: return np.empty(0)"
    FIX_CHANCE = (
        "fix_chance",
        "Draw nothing while answering: switch dropout off, or draw from a fixed seed in each call",
        "model.eval()",
    )
    FIT_BEFORE = (
        "fit_before",
        "Learn means, ranks and scales in training, not from the rows that are asked together",
        "make_pipeline(StandardScaler(), model)",
    )
    WORK_ON_COPY = "work_on_copy", "Work on a copy from the first line of predict on", "rows = rows.copy()"
    CAST_TYPES = (
        "cast_types",
        "Bring every column to its type of training before the model",
        "rows.astype(dtypes)",
    )
    DROP_INDEX = "drop_index", "Do not join by the index of what is handed in", "rows = rows.reset_index(drop=True)"
    COPY_ARRAY = "copy_array", "Copy what is handed in to plain memory", "np.array(rows, order='C')"
    NORMALISE = (
        "normalise",
        "Return the probabilities that predict decides by, or calibrate them",
        "CalibratedClassifierCV(model)",
    )
    RESTORE_STATE = (
        "restore_state",
        "Leave the program as it was: a generator of its own in place of np.random.seed, settings inside of a `with`",
        "rng = np.random.default_rng(seed)",
    )
    KEEP_NO_STATE = (
        "keep_no_state",
        "Write nothing to the model while it answers, or let one process answer one call at a time",
    )
    SAVE_ALL = (
        "save_all",
        "Keep all that its answers hang on in attributes that are saved, nothing in global variables or caches",
    )
    CONSTRAIN = (
        "constrain",
        "Use a model that can be told to keep the direction",
        "HistGradientBoostingClassifier(monotonic_cst={name: 1})",
    )
    CONSTRAIN_BOOSTER = (
        "constrain_booster",
        "Tell the model to keep the direction, 1 up and -1 down for each column in their order, and fit it again",
        "model.set_params(monotone_constraints=[1, 0])",
    )
    LEAVE_OUT = (
        "leave_out",
        "Train without the column, and look for others that stand in for it",
        "rows.drop(columns=[name])",
    )


@dataclass(frozen=True, slots=True)
class Answered:
    """What a model said of one row."""

    label: str = ""
    """The class, in the words of the data; empty where there are no classes."""
    score: float | None = None
    """Probability of that class, else the score of the positive one, or the predicted number; None: there is none."""


@dataclass(frozen=True, slots=True)
class Counterexample:
    """The smallest input that was found at which a model does not do what it should."""

    change: Change
    columns: tuple[str, ...] = ()
    """What was changed; empty where it was the rows as a whole."""
    given: str = ""
    """The value that stood there, in the one row that is told of."""
    instead_of: str = ""
    """The value before; empty where it is not told, as it may be a person's."""
    before: Answered | None = None
    """The answer to the row as it was."""
    after: Answered | None = None
    """The answer to the changed row; None where there was none."""
    error: str = ""
    """What it said in place of an answer: the kind of error and its first sentence."""
    row: int = 0
    """Which row of the test table it is, from 1; 0 where it is not told."""
    others: int = 0
    """In how many more columns the same happens."""
    cure: Cure | None = None
