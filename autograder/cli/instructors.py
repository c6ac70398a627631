"""What an instructor's ``autograder`` can do with what a class handed in: from files to marks."""

from __future__ import annotations

import argparse
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.certificates.certificate_files import (
    CERTIFICATES_FOLDER,
    issue_certificates,
    read_people,
)
from autograder.certificates.criteria import (
    CRITERIA_FILE,
    Standing,
    compute_standings,
    read_criteria,
)
from autograder.certificates.signing_key import public_key_line, read_signing_key, write_new_key
from autograder.cli.common import (
    EXIT_FAILED,
    EXIT_OK,
    add_command,
    add_preload,
    existing_gradebook_address,
    gradebook_address,
    print_error,
    print_errors,
    read_graded_exercises,
)
from autograder.exceptions import UsageError
from autograder.exchange.collect import (
    collect_submissions,
    copy_collected_table,
    read_student_names,
    require_sorted_by_student,
)
from autograder.files import replace_text, sole_writer
from autograder.format.exercise_set import SOURCE_FOLDER, did_you_mean, read_exercise_folder
from autograder.format.imports import own_modules
from autograder.grading.batch import (
    Outcome,
    Plan,
    grade_batch,
    select_submissions,
    write_marks,
    write_report,
)
from autograder.grading.grade_submission import marks_environment
from autograder.grading.gradebook import Gradebook
from autograder.grading.late_policy import POLICY, Policy, read_policy
from autograder.grading.review import read_reviews, review_table
from autograder.grading.workers import GradingWorkers
from autograder.names import file_name
from autograder.running.environment import modules_of
from autograder.running.executors import dask_executor, thread_executor
from autograder.running.preload import preload_of
from autograder.sandbox.isolation import Limits, Sandbox, Tier, require_tier
from autograder.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from autograder.certificates.criteria import Criteria
    from autograder.exchange.collect import Intake
    from autograder.format.source import Exercise

_REVIEW = """\
Mark written answers by hand. Points and comments given here outlive every regrade.

  autograder review marks > table.csv    a row for each written answer, with its text
  autograder review marks table.csv      take over the points and comments filled in

A row may also name any check by its grade_id, to correct what the grader said of it.
"""


_CERTIFICATE = """\
Give certificates to those whose marks meet the criterion in certificate.toml.

  autograder certificate --new-key KEY       make a key, once; publish the line that this prints
  autograder certificate marks --key KEY     write marks/certificates/<student>.jwt and .html

The key is the instructor's: keep it out of the book's repository, and keep a copy.
"""

_LIST_THEM = f"`exercises` in {CRITERIA_FILE} can list those that count"


def add_instructors(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands of those who mark a class."""
    _add_collect(commands)
    _add_grade(commands)
    _add_review(commands)
    _add_certificate(commands)


def _add_collect(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    text = "sort what an LMS gives, a zip or a folder, by student and exercise"
    add = add_command(commands, "collect", _collect, text).add_argument
    add("source", type=Path, metavar="ZIP_OR_FOLDER", help="from Canvas, Moodle or Gradescope")
    add("--exercises", type=Path, required=True, metavar="DIR", help="the sources")
    add("--to", type=Path, required=True, metavar="SUBMISSIONS", help="the folder to grade then")
    add(
        "--on-time",
        type=_moment,
        metavar="WHEN",
        help="the date of what the LMS neither dates nor marks late, as 2026-12-01T23:59+01:00",
    )


def _add_grade(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    text = "grade a folder of submissions; run it again to go on where it stopped"
    grade = add_command(commands, "grade", _grade, text)
    add = grade.add_argument
    add("submissions", type=Path, metavar="SUBMISSIONS", help="<student>/<exercise>.ipynb below it")
    add("--exercises", type=Path, required=True, metavar="DIR", help="the sources")
    add("--to", type=Path, required=True, metavar="OUT", help="where marks and feedback go")
    add("--student", action="append", default=[], metavar="NAME", help="grade this one (repeat)")
    add("--exercise", action="append", default=[], metavar="SLUG", help="grade this one (repeat)")
    add("--jobs", type=_count, default=os.cpu_count(), metavar="N", help="at once (default: cores)")
    add("--cluster", metavar="ADDRESS", help="of a Dask scheduler: grade on its workers instead")
    add(
        "--timeout",
        type=_count,
        default=20,
        metavar="SECONDS",
        help="processor time per submission (20); three times that on the clock",
    )
    add("--memory", type=_count, default=2048, metavar="MIB", help="per submission (2048)")
    add(
        "--isolation",
        choices=[tier.name.lower() for tier in reversed(Tier)],
        default=Tier.LANDLOCK.name.lower(),
        help="the least that must hold, or grading does not start (landlock)",
    )
    add("--seed", type=int, default=0, help="of the hidden checks' random inputs (0)")
    add("--database", metavar="URL", help="the grade book (default: OUT/gradebook.db)")
    add(
        "--policy",
        type=Path,
        metavar="FILE",
        help="what handing in late costs (default: grading.toml beside the sources)",
    )
    add_preload(grade)
    add("--present", action="store_true", help="mark by the present version what answers another")
    add("--regrade", action="store_true", help="grade again what is graded; list who moved")
    add("--json", action="store_true", help="print one JSON object per submission, for machines")


def _add_review(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    text = "mark written answers by hand, in a table"
    add = add_command(commands, "review", _review, text, _REVIEW).add_argument
    add("to", type=Path, metavar="OUT", help="what `grade --to` wrote")
    add("table", type=Path, nargs="?", metavar="TABLE", help="the table, filled in")
    add("--database", metavar="URL", help="the grade book (default: OUT/gradebook.db)")


def _add_certificate(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    text = "give certificates to those whose marks meet the criterion"
    add = add_command(commands, "certificate", _certificate, text, _CERTIFICATE).add_argument
    add("to", type=Path, nargs="?", metavar="OUT", help="what `grade --to` wrote")
    add("--key", type=Path, metavar="FILE", help="the instructor's key, which signs")
    add("--new-key", type=Path, metavar="FILE", help="make a key, and print its public half")
    add("--student", action="append", default=[], metavar="NAME", help="only this one (repeat)")
    add("--people", type=Path, metavar="CSV", help="student_id, name, email: names to print")
    add(
        "--exercises",
        type=Path,
        default=Path(SOURCE_FOLDER),
        metavar="DIR",
        help=f"the sources, and {CRITERIA_FILE} beside them ({SOURCE_FOLDER})",
    )
    add("--database", metavar="URL", help="the grade book (default: OUT/gradebook.db)")


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("give a whole number, 1 or more")
    return int(text)


def _moment(text: str) -> datetime:
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("write it as 2026-12-01T23:59+01:00") from None
    return when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC)


def _collect(options: argparse.Namespace) -> int:
    exercises = read_graded_exercises(options, "its submissions are not collected")
    with sole_writer(options.to):
        intake = collect_submissions(options.source, options.to, exercises, options.on_time)
    _show_intake(intake)
    students = len({item.student for item in intake.kept})
    print(f"{_many(len(intake.kept), 'notebook')} of {_many(students, 'student')} in {options.to}")
    if not intake.kept:
        print_error(f"{options.source}: holds nothing to take over; name what the LMS gave you")
    return EXIT_OK if intake.kept else EXIT_FAILED


def _many(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _show_intake(intake: Intake) -> None:
    for other in intake.left_out:
        print(f"left out: {other.file}: {other.reason}")
    for item in intake.kept:
        if item.late:
            print(f"late, says the LMS: {item.file}")
    undated = sum(not item.dated for item in intake.kept)
    if undated:
        dated = "is dated as its zip is" if undated == 1 else "are dated as their zip is"
        print(f"{undated} {dated}; `--on-time` says when they were handed in")


def _grade(options: argparse.Namespace) -> int:
    exercises = read_graded_exercises(options, "its submissions are not graded")
    for slug in options.exercise:
        if slug not in exercises:
            raise UsageError(
                f"{options.exercises}: holds no `{slug}`; {did_you_mean(slug, exercises)}"
            )
    for path in require_sorted_by_student(options.submissions, options.exercises):
        print_error(f"{path}: is in no student's folder, and passed over; move it into one")
    plan = Plan(
        exercises=exercises,
        environment=marks_environment(modules_of(exercises.values())),
        seed=options.seed,
        students=options.student,
        only=options.exercise,
        regrade=options.regrade,
        present=options.present,
    )
    # Counted first, for the progress bar; nothing is read for it.
    total = sum(1 for _ in select_submissions(options.submissions, plan))
    if not total:
        raise UsageError(
            f"{options.submissions}: holds nothing that you asked for; `--student` takes the name "
            "of a folder there, `--exercise` that of a source"
        )
    # Two runs on one folder would write each other's reports.
    with sole_writer(options.to):
        copy_collected_table(options.submissions, options.to)
        outcomes = _mark(options, plan, total)
    # A failure of ours is tried again at the next run: the code tells a script that one is needed.
    # Wrong or unreadable answers are marks like others, and no failure of the command.
    return (
        EXIT_FAILED if any(o.report.status == Verdict.INFRASTRUCTURE for o in outcomes) else EXIT_OK
    )


def _mark(options: argparse.Namespace, plan: Plan, total: int) -> list[Outcome]:
    policy = _policy(options)
    outcomes: list[Outcome] = []
    preload = preload_of(plan.exercises.values(), options.preload)
    # Left in reverse: threads have ended before the workers close that grade for them. The book
    # comes first, so that one that cannot be opened is known before any worker starts.
    with (
        Gradebook(gradebook_address(options, options.to)) as book,
        GradingWorkers(
            _sandbox(options, plan.exercises),
            preload,
            plan.environment,
            modules_of(plan.exercises.values()),
        ) as team,
        dask_executor(options.cluster)
        if options.cluster
        else thread_executor(options.jobs) as pool,
    ):
        # From what `collect` wrote: reports are named by ids, people read names.
        names = read_student_names(options.to)
        for outcome in grade_batch(options.submissions, plan, book, team, pool):
            outcomes.append(outcome)
            report = outcome.report
            name = names.get((report.student, report.exercise), "")
            # The views show what counts: a regrade does not take back what a person said.
            write_report(options.to, book.with_reviews(report), name)
            _tell(outcome, len(outcomes), total, as_json=options.json)
        # From the whole book: a run for one student keeps the rows of all others.
        write_marks(options.to, book, policy)
    _summarise(outcomes, options)
    return outcomes


def _policy(options: argparse.Namespace) -> Policy:
    """Read the late policy and copy it beside the marks."""
    path = options.policy or options.exercises / POLICY
    if options.policy and not path.is_file():
        raise UsageError(f"{path}: is no file; name the one that says what handing in late costs")
    policy = read_policy(path)
    # `review` and `export` have to take off what this run did, whatever becomes of the course's
    # own file; an empty copy says that nothing was late.
    replace_text(options.to / POLICY, path.read_text("utf-8") if path.is_file() else "")
    return policy


def _review(options: argparse.Namespace) -> int:
    """Print the review table, or apply a filled-in one and rewrite the marks."""
    address = existing_gradebook_address(options, options.to)
    policy = read_policy(options.to / POLICY)
    with Gradebook(address) as book:
        if options.table is None:
            table = review_table(report for report, _ in book.reports())
            sys.stdout.write(table)
            # The header alone. To stderr, since stdout is the table.
            if table.count("\n") == 1:
                print_error("nothing waits for a person: no answer is marked by hand")
            return EXIT_OK
        # Read to its end before anything is stored: a bad row leaves the grade book as it was.
        reviews = list(read_reviews(options.table))
        with sole_writer(options.to):
            book.store_reviews(reviews)
            names = read_student_names(options.to)
            # The table may hold the whole class; only the reports of those it names change.
            changed = {(review.student, review.exercise) for review in reviews}
            for report, _ in book.reports():
                if (place := (report.student, report.exercise)) in changed:
                    write_report(options.to, report, names.get(place, ""))
            write_marks(options.to, book, policy)
    print(f"{len(reviews)} taken over; marks in {options.to / 'grades.csv'}")
    return EXIT_OK


def _certificate(options: argparse.Namespace) -> int:
    # A key is made before there are marks, so none of the other options are needed for it.
    if options.new_key:
        jwk = write_new_key(options.new_key)
        print(f"{options.new_key}: the key; keep it, and show it to nobody")
        print(
            f"its public half goes into {options.exercises / CRITERIA_FILE}:\n"
            f"{public_key_line(jwk)}"
        )
        return EXIT_OK
    if not options.to or not options.key:
        raise UsageError("name what `grade --to` wrote, and the key: certificate OUT --key FILE")
    exercises = _all_sources(options)
    criteria = read_criteria(options.exercises / CRITERIA_FILE, exercises)
    key = read_signing_key(options.key, criteria)
    people = read_people(options.people) if options.people else {}
    found = _standings(options, criteria, criteria.counted_exercises(exercises))
    with sole_writer(options.to):
        earned = [standing for standing in found if standing.has_earned]
        issue_certificates(options.to, criteria, key, earned, people)
    for standing in found:
        name = f"{file_name(standing.student)}.html"
        _show_standing(standing, options.to / CERTIFICATES_FOLDER / name)
    print(f"{sum(s.has_earned for s in found)} of {len(found)} meet {criteria.percent:g} %")
    return EXIT_OK


def _all_sources(options: argparse.Namespace) -> Mapping[str, Exercise]:
    """Read every source; refuse where one cannot be read, since it could be one that counts."""
    exercises, errors = read_exercise_folder(options.exercises)
    if errors:
        print_errors(errors, "no certificate was written")
        raise UsageError(f"{options.exercises}: not every exercise can be read")
    return exercises


def _standings(
    options: argparse.Namespace, criteria: Criteria, counted: Mapping[str, Exercise]
) -> list[Standing]:
    """Add up the marks that ``grades.csv`` has, by student."""
    with Gradebook(existing_gradebook_address(options, options.to)) as book:
        marks = list(book.marks(read_policy(options.to / POLICY)))
    found = compute_standings(marks, counted, criteria.percent)
    # An exercise that nobody handed in is often a misspelt name, and would fail everybody.
    unseen = sorted(set(counted) - {mark.report.exercise for mark in marks})
    if unseen:
        print_error(f"nobody handed in {', '.join(unseen)}, which count too; {_LIST_THEM}")
    for student in set(options.student) - {standing.student for standing in found}:
        raise UsageError(f"{student}: has no marks in {options.to}; check the name")
    return [s for s in found if not options.student or s.student in options.student]


def _show_standing(standing: Standing, certificate: Path) -> None:
    points = f"{standing.score:g} of {standing.total:g} points ({standing.percent:g} %)"
    apart = abs(standing.score - standing.needed)
    where = f"{apart:g} to spare, {certificate}" if standing.has_earned else f"{apart:g} too few"
    # It is signed and in other hands: deleting the file would not take it back.
    if certificate.exists() and not standing.has_earned:
        where += f"; {certificate} was given before, and still verifies"
    open_ = f"; {standing.unsettled} checks are not settled" if standing.unsettled else ""
    print(f"{standing.student}: {points}, {where}{open_}")


def _sandbox(options: argparse.Namespace, exercises: Mapping[str, Exercise]) -> Sandbox:
    """Return the best sandbox that this machine allows; refuse where that is too little."""
    readable = tuple(own_modules(exercises.values()))
    for path in readable:
        if options.exercises.resolve().is_relative_to(path):
            raise UsageError(
                f"{path}: exercises import it, and it holds their sources, which no answer may "
                "read; move the sources out of it"
            )
    tier = require_tier(Tier[options.isolation.upper()])
    # Three times on the clock: on a busy machine honest code waits for its processor time.
    limits = Limits(
        cpu_seconds=options.timeout, seconds=3 * options.timeout, memory=options.memory * 2**20
    )
    return Sandbox(tier, limits, readable)


def _tell(outcome: Outcome, done: int, total: int, *, as_json: bool) -> None:
    report = outcome.report
    if as_json:
        # Flushed, for programs that follow the run through a pipe.
        print(json.dumps(report.as_json()), flush=True)
    elif sys.stderr.isatty():
        # Written over itself: \r to the line's start, \x1b[K clears what was longer before.
        width = 30 * done // total
        sys.stderr.write(f"\r[{'#' * width:30}] {done} of {total}\x1b[K")
    elif outcome.fresh:
        marks = f"{report.score:g} of {report.max_score:g}"
        print(f"{report.student} {report.exercise}: {marks} ({report.status})", flush=True)


def _summarise(outcomes: Sequence[Outcome], options: argparse.Namespace) -> None:
    if options.json:
        return
    fresh = [outcome for outcome in outcomes if outcome.fresh]
    if sys.stderr.isatty():
        sys.stderr.write("\n")
    for outcome in fresh:
        before, now = outcome.before, outcome.report
        if before and before.score != now.score:
            why = "another submission, exercise or environment" if before.key != now.key else "same"
            print(f"moved: {now.student} {now.exercise}: {before.score:g} -> {now.score:g} ({why})")
    # A report on no known exercise has no points, and the submission's name for a title.
    unknown = sum(o.report.title == o.report.exercise and not o.report.max_score for o in fresh)
    if unknown:
        print_error(
            f"{_many(unknown, 'notebook')} of {len(fresh)} answer no known exercise by name; "
            "`autograder collect` reads it from inside"
        )
    for report in (outcome.report for outcome in fresh):
        if report.message and report.status == "graded":
            print(f"note: {report.student} {report.exercise}: {report.message}")
    print(
        f"{len(fresh)} graded, {len(outcomes) - len(fresh)} already done; marks in "
        f"{options.to / 'grades.csv'}, feedback in {options.to / 'feedback'}"
    )
