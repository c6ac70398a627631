"""The command line. The one place that prints, and that turns errors into exit codes."""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import widgets
from autograder.answers import export_answers
from autograder.award import CONFIG, Standing, read_award, standings
from autograder.catalogue import catalogue
from autograder.certificate import FOLDER, issue, read_people
from autograder.collect import collect, keep_table, read_collected
from autograder.exceptions import AutograderError, UsageError
from autograder.exercise_pages import write_release
from autograder.export import export_nbgrader
from autograder.files import replace_text, sole_writer
from autograder.gradebook import Gradebook
from autograder.keys import new_key, public_line, read_key
from autograder.learners_cli import HELD, MISSED, add_try, complain, run_command
from autograder.lms import (
    export_canvas,
    export_feedback,
    export_gradescope,
    export_moodle,
    settled,
)
from autograder.marking import (
    Outcome,
    Plan,
    chosen,
    mark,
    read_exercises,
    write_marks,
    write_report,
)
from autograder.mutants import Survey, survey
from autograder.offline import NAME
from autograder.pages import environment_digest
from autograder.pdf import write_pdf
from autograder.policy import Policy, read_policy
from autograder.pool import cluster, threads
from autograder.publish import build, is_built, publish
from autograder.review import read_reviews, review_table
from autograder.run import Workers
from autograder.sandbox import Limits, Sandbox, Tier, require
from autograder.shelf import RELEASE, SOURCES, read_shelf
from autograder.team import Team
from autograder.template import new_exercise
from autograder.verify import verify_shelf
from autograder.zygote import Zygote

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autograder.source import Exercise
    from autograder.verify import Verification

_POLICY = "grading.toml"

_DESCRIPTION = """\
Check, release and grade the exercises of the book.

  autograder new my_exercise           begin an exercise from a template
  autograder verify                    check every exercise, as the build of the book does
  autograder verify model_layers       check one
  autograder release --to handout      write the learners' versions to a folder
  autograder catalogue                 what is checked, and which mistakes are told apart
  autograder try model_layers.ipynb    run the visible checks of your own notebook
  autograder collect submissions.zip --exercises exercises/source --to handed-in
                                       sort what an LMS gives by student
  autograder publish ../public         write what the public may have: site, notebooks, widgets
  autograder pdf                       print the whole book, which is built, to a PDF
  autograder grade handed-in --exercises exercises/source --to marks
                                       grade <student>/<exercise>.ipynb for a whole class
  autograder export canvas marks.csv --marks marks
                                       marks for an LMS; also moodle, gradescope, feedback
  autograder certificate marks --key KEY
                                       certificates for those whose marks meet the criterion
"""

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


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 all well, 1 something failed, 2 wrong usage."""
    return run_command(_parser().parse_args(arguments))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="autograder",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    verify = _add(commands, "verify", _verify, "run the build gate alone, one line per exercise")
    verify.add_argument("--json", action="store_true", help="print one JSON object, for machines")
    verify.add_argument(
        "--mutants",
        action="store_true",
        help="put small faults into each solution; list the missed",
    )
    release = _add(commands, "release", _release, "write the learners' versions, .md and .ipynb")
    release.add_argument(
        "--to", type=Path, required=True, metavar="DIR", help="where to write them"
    )
    _add(commands, "catalogue", _catalogue, "print checks and wrong answers, for instructors")
    _add_new(commands)
    add_try(commands)
    _add_publish(commands)
    _add_pdf(commands)
    _add_collect(commands)
    _add_grade(commands)
    _add_review(commands)
    _add_certificate(commands)
    _add_export(commands)
    return parser


def _add_new(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    text = "begin an exercise: a source that holds as it stands"
    parser = commands.add_parser("new", help=text, description=text[0].upper() + text[1:] + ".")
    parser.add_argument("slug", metavar="SLUG", help="its short name, as in model_layers")
    parser.add_argument("--widget", action="store_true", help="answered with a widget, not in code")
    parser.add_argument(
        "--book", type=Path, default=Path(), metavar="DIR", help="the book's folder (default: here)"
    )
    parser.set_defaults(command=_new)


def _add_collect(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    text = "sort what an LMS gives, a zip or a folder, by student and exercise"
    parser = commands.add_parser("collect", help=text, description=text[0].upper() + text[1:] + ".")
    add = parser.add_argument
    add("source", type=Path, metavar="ZIP_OR_FOLDER", help="from Canvas, Moodle or Gradescope")
    add("--exercises", type=Path, required=True, metavar="DIR", help="the sources")
    add("--to", type=Path, required=True, metavar="SUBMISSIONS", help="the folder to grade then")
    add(
        "--on-time",
        type=_moment,
        metavar="WHEN",
        help="the date of what the LMS neither dates nor marks late, as 2026-12-01T23:59+01:00",
    )
    parser.set_defaults(command=_collect)


_EXPORTS = {
    "nbgrader": (export_nbgrader, "a course folder for stock nbgrader"),
    "canvas": (export_canvas, "a CSV file for Canvas's gradebook import"),
    "moodle": (export_moodle, "a folder of grading worksheets and a CSV file for Moodle"),
    "gradescope": (export_gradescope, "a folder of autograders that hand out the marks"),
    "feedback": (export_feedback, "a folder of zips to upload where the submissions came from"),
    "answers": (export_answers, "a folder of answers to compare with Dolos or JPlag"),
}


def _add_export(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    text = "write exercises, marks, feedback or answers for another program"
    parser = commands.add_parser("export", help=text, description=text[0].upper() + text[1:] + ".")
    formats = parser.add_subparsers(required=True, metavar="FORMAT")
    for name, (write, what) in _EXPORTS.items():
        one = formats.add_parser(name, help=what, description=f"Write {what}.")
        one.add_argument("to", type=Path, metavar="TO", help="where to write it")
        one.set_defaults(command=_export, write=write, gradebook=None)
        if name == "nbgrader":
            one.add_argument(
                "--book", type=Path, default=Path(), metavar="DIR", help="the book's folder"
            )
            one.set_defaults(command=_export_nbgrader, slugs=[])
        elif name == "answers":
            one.add_argument("--submissions", type=Path, required=True, metavar="DIR")
            one.add_argument("--exercises", type=Path, required=True, metavar="DIR")
            one.set_defaults(command=_export_answers)
        else:
            one.add_argument(
                "--marks", type=Path, required=True, metavar="DIR", help="what `grade --to` wrote"
            )
            one.add_argument("--database", metavar="URL", help="the grade book, if not in there")
        if name == "canvas":
            one.add_argument(
                "--gradebook", type=Path, metavar="FILE", help="the gradebook as Canvas exports it"
            )


def _add_publish(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    text = "write what the public may have: the site, notebooks, widgets, an environment"
    parser = commands.add_parser("publish", help=text, description=text[0].upper() + text[1:] + ".")
    parser.add_argument("to", type=Path, metavar="DIR", help="where; replaced whole, save for .git")
    parser.add_argument(
        "--book", type=Path, default=Path(), metavar="DIR", help="the book's folder (default: here)"
    )
    parser.set_defaults(command=_publish, slugs=[])


def _add_pdf(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    text = "print the whole book, which is built, to a PDF; needs Chromium"
    parser = commands.add_parser("pdf", help=text, description=text[0].upper() + text[1:] + ".")
    parser.add_argument("--to", type=Path, metavar="FILE", help="where (default: in _build)")
    parser.add_argument(
        "--book", type=Path, default=Path(), metavar="DIR", help="the book's folder (default: here)"
    )
    parser.set_defaults(command=_pdf, slugs=[])


def _add_grade(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    text = "grade a folder of submissions; run it again to go on where it stopped"
    parser = commands.add_parser("grade", help=text, description=text[0].upper() + text[1:] + ".")
    add = parser.add_argument
    add("submissions", type=Path, metavar="SUBMISSIONS", help="<student>/<exercise>.ipynb below it")
    add("--exercises", type=Path, required=True, metavar="DIR", help="the sources")
    add("--to", type=Path, required=True, metavar="OUT", help="where marks and feedback go")
    add("--student", action="append", default=[], metavar="NAME", help="grade this one (repeat)")
    add("--exercise", action="append", default=[], metavar="SLUG", help="grade this one (repeat)")
    add("--jobs", type=_count, default=os.cpu_count(), metavar="N", help="at once (default: cores)")
    add("--cluster", metavar="ADDRESS", help="of a Dask scheduler: grade on its workers instead")
    add("--timeout", type=_count, default=20, metavar="SECONDS", help="per submission (20)")
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
    add("--present", action="store_true", help="mark by the present version what answers another")
    add("--regrade", action="store_true", help="grade again what is graded; list who moved")
    add("--json", action="store_true", help="print one JSON object per submission, for machines")
    parser.set_defaults(command=_grade)


def _add_review(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "review",
        help="mark written answers by hand, in a table",
        description=_REVIEW,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("to", type=Path, metavar="OUT", help="what `grade --to` wrote")
    add("table", type=Path, nargs="?", metavar="TABLE", help="the table, filled in")
    add("--database", metavar="URL", help="the grade book (default: OUT/gradebook.db)")
    parser.set_defaults(command=_review)


def _add_certificate(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "certificate",
        help="give certificates to those whose marks meet the criterion",
        description=_CERTIFICATE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("to", type=Path, nargs="?", metavar="OUT", help="what `grade --to` wrote")
    add("--key", type=Path, metavar="FILE", help="the instructor's key, which signs")
    add("--new-key", type=Path, metavar="FILE", help="make a key, and print its public half")
    add("--student", action="append", default=[], metavar="NAME", help="only this one (repeat)")
    add("--people", type=Path, metavar="CSV", help="student_id, name, email: names to print")
    add(
        "--exercises",
        type=Path,
        default=Path(SOURCES),
        metavar="DIR",
        help=f"the sources, and {CONFIG} beside them ({SOURCES})",
    )
    add("--database", metavar="URL", help="the grade book (default: OUT/gradebook.db)")
    parser.set_defaults(command=_certificate)


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("give a whole number, 1 or more")
    return number


def _moment(text: str) -> datetime:
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("write it as 2026-12-01T23:59+01:00") from None
    return when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC)


def _add(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, run: object, text: str
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
    parser.add_argument("slugs", nargs="*", metavar="SLUG", help="exercises, all by default")
    parser.add_argument(
        "--book", type=Path, default=Path(), metavar="DIR", help="the book's folder (default: here)"
    )
    parser.set_defaults(command=run)
    return parser


def _verify(options: argparse.Namespace) -> int:
    exercises, errors = _shelf(options)
    if options.mutants:
        return _survey(exercises, errors, as_json=options.json)
    with Zygote() as zygote, TemporaryDirectory(prefix="autograder-") as cache:
        workers = Workers(zygote, zygote)
        found = verify_shelf(exercises, workers, Path(cache), progress=_show_progress)
    missed = bool(errors) or any(v.misses for v in found)
    if options.json:
        report = {"errors": [str(e) for e in errors], "exercises": [asdict(v) for v in found]}
        print(json.dumps(report, indent=2))
        return MISSED if missed else HELD
    for verification in found:
        _report(verification)
    for error in errors:
        complain(str(error))
    return MISSED if missed else HELD


def _survey(
    exercises: Sequence[Exercise], errors: Sequence[AutograderError], *, as_json: bool
) -> int:
    found = []
    with Zygote() as zygote, threads(os.cpu_count() or 1) as (pool, _):
        for exercise in exercises:
            _show_progress(exercise)
            found.append(survey(exercise, Workers(zygote, zygote), pool))
            if not as_json:
                _show_survey(found[-1])
    total, caught = sum(s.total for s in found), sum(s.caught for s in found)
    if as_json:
        print(json.dumps([asdict(s) for s in found], indent=2))
    elif total:
        print(f"{caught} of {total} mutants caught ({100 * caught / total:.1f} %)")
    for error in errors:
        complain(str(error))
    return MISSED if errors or any(s.survivors for s in found) else HELD


def _show_survey(found: Survey) -> None:
    print(f"{found.slug}: {found.caught} of {found.total} mutants caught")
    for mutant, reason in found.explained:
        print(f"  equivalent: {mutant.answer}, line {mutant.line}: {mutant.label} ({reason})")
    for mutant in found.survivors:
        print(f"  missed: {mutant.answer}, line {mutant.line}: {mutant.label}")


def _report(found: Verification) -> None:
    if not found.misses:
        print(
            f"{found.slug}: holds ({found.checks} checks, {found.wrong_answers} wrong answers, "
            f"{found.seconds:.1f} s)"
        )
        return
    print(f"{found.slug}: {len(found.misses)} to mend")
    for miss in found.misses:
        complain(str(miss))


def _release(options: argparse.Namespace) -> int:
    exercises, errors = _shelf(options)
    if errors:
        _refuse(errors, "nothing was released")
        return MISSED
    if options.to.resolve() == (options.book / SOURCES).resolve():
        raise AutograderError(f"{SOURCES}: holds the sources; release to another folder")
    write_release(exercises, options.to, prune=False)
    for exercise in exercises:
        print(options.to / f"{exercise.slug}.ipynb")
    return HELD


def _catalogue(options: argparse.Namespace) -> int:
    exercises, errors = _shelf(options)
    if errors:
        _refuse(errors, "nothing was listed")
        return MISSED
    print(catalogue(exercises))
    return HELD


def _publish(options: argparse.Namespace) -> int:
    exercises, errors = _shelf(options)
    if errors:
        _refuse(errors, "nothing was published")
        return MISSED
    root = options.book.resolve()
    if not is_built(root):
        complain("The site is missing or older than its sources: building it first ...")
        build(root)
    count, size = publish(root, exercises, options.to)
    print(f"{options.to}: {count} files, {size / 2**20:.1f} MiB, searched for what nobody may see")
    return HELD


def _pdf(options: argparse.Namespace) -> int:
    built = options.book / "_build"
    to = options.to or built / f"{NAME}-{version(NAME)}.pdf"
    sheets = write_pdf(built / "html", to)
    print(f"{to}: {sheets} pages, {to.stat().st_size / 2**20:.1f} MiB")
    return HELD


def _new(options: argparse.Namespace) -> int:
    _shelf_folder(options)
    print(new_exercise(options.book, options.slug, widget=options.widget))
    print(f"Change it to what you want, and check it with `autograder verify {options.slug}`.")
    print(f"Then list it in _toc.yml, below its chapter:  - file: {RELEASE}/{options.slug}")
    return HELD


def _collect(options: argparse.Namespace) -> int:
    exercises, errors = read_exercises(options.exercises)
    for error in errors:
        complain(f"{error} (its submissions are not collected)")
    if not exercises:
        raise UsageError(f"{options.exercises}: holds no exercise source; name the right folder")
    with sole_writer(options.to):
        intake = collect(options.source, options.to, exercises, options.on_time)
    for other in intake.left_out:
        print(f"left out: {other.file}: {other.reason}")
    for item in intake.kept:
        if item.late:
            print(f"late, says the LMS: {item.file}")
    undated = sum(not item.dated for item in intake.kept)
    if undated:
        print(f"{undated} are dated as the zip is; `--on-time` says when they were handed in")
    students = len({item.student for item in intake.kept})
    print(f"{len(intake.kept)} notebooks of {students} students in {options.to}")
    return HELD if intake.kept else MISSED


def _export(options: argparse.Namespace) -> int:
    """Write final marks, or what belongs to them, for an LMS."""
    if not options.marks.is_dir():
        raise UsageError(f"{options.marks}: is no folder; name the one that `grade --to` wrote")
    origins = {(c.student, c.assignment): c for c in read_collected(options.marks)}
    with Gradebook(_database(options, options.marks)) as book:
        marks, waiting = settled(book.marks(read_policy(options.marks / _POLICY)))
    if not marks:
        raise UsageError(f"{options.marks}: holds no mark that is final; grade and review first")
    more = {"like": options.gradebook} if options.write is export_canvas else {}
    for path in options.write(marks, origins, options.to, **more):
        print(path)
    if waiting:
        complain(f"{len(waiting)} wait for `autograder review` or another run, and are left out")
    return HELD


def _export_answers(options: argparse.Namespace) -> int:
    exercises, errors = read_exercises(options.exercises)
    for error in errors:
        complain(f"{error} (its answers are not written)")
    for path in export_answers(options.submissions, exercises, options.to):
        print(path)
    return HELD


def _export_nbgrader(options: argparse.Namespace) -> int:
    exercises, errors = _shelf(options)
    if errors:
        _refuse(errors, "nothing was exported")
        return MISSED
    for path in export_nbgrader(exercises, options.to):
        print(path)
    return HELD


def _refuse(errors: Sequence[AutograderError], consequence: str) -> None:
    for error in errors:
        complain(str(error))
    complain(f"{consequence}: mend the sources above first")


def _grade(options: argparse.Namespace) -> int:
    if not options.submissions.is_dir():
        raise UsageError(f"{options.submissions}: is no folder; name the one that holds <student>/")
    exercises, errors = read_exercises(options.exercises)
    for error in errors:
        complain(f"{error} (its submissions are not graded)")
    if not exercises:
        raise UsageError(f"{options.exercises}: holds no exercise source; name the right folder")
    plan = Plan(
        exercises=exercises,
        environment=environment_digest(Path(__file__).parents[1]),
        seed=options.seed,
        students=options.student,
        only=options.exercise,
        regrade=options.regrade,
        present=options.present,
    )
    total = sum(1 for _ in chosen(options.submissions, plan))
    if not total:
        raise UsageError(
            f"{options.submissions}: holds no <student>/<exercise>.ipynb that you asked for"
        )
    with sole_writer(options.to):
        keep_table(options.submissions, options.to)
        outcomes = _mark(options, plan, total)
    return MISSED if any(o.report.status == "infrastructure" for o in outcomes) else HELD


def _mark(options: argparse.Namespace, plan: Plan, total: int) -> list[Outcome]:
    policy = _policy(options)
    outcomes: list[Outcome] = []
    with (
        Gradebook(_database(options, options.to)) as book,
        Team(_sandbox(options), environment=plan.environment) as team,
        cluster(options.cluster) if options.cluster else threads(options.jobs) as pool,
    ):
        for outcome in mark(options.submissions, plan, book, team, pool):
            outcomes.append(outcome)
            write_report(options.to, book.reviewed(outcome.report))
            _tell(outcome, len(outcomes), total, as_json=options.json)
        write_marks(options.to, book, policy)
    _summarise(outcomes, options)
    return outcomes


def _database(options: argparse.Namespace, folder: Path) -> str:
    return options.database or f"sqlite:///{folder / 'gradebook.db'}"


def _policy(options: argparse.Namespace) -> Policy:
    """Read what handing in late costs, and keep it beside the marks that it led to."""
    path = options.policy or options.exercises / _POLICY
    if options.policy and not path.is_file():
        raise UsageError(f"{path}: is no file; name the one that says what handing in late costs")
    policy = read_policy(path)
    replace_text(options.to / _POLICY, path.read_text("utf-8") if path.is_file() else "")
    return policy


def _review(options: argparse.Namespace) -> int:
    """Print the table to fill in, or take it back and write what changes with it."""
    if not options.to.is_dir():
        raise UsageError(f"{options.to}: is no folder; name the one that `grade --to` wrote")
    policy = read_policy(options.to / _POLICY)
    with Gradebook(_database(options, options.to)) as book:
        if options.table is None:
            table = review_table(report for report, _ in book.reports())
            sys.stdout.write(table)
            if table.count("\n") == 1:
                complain("nothing waits for a person: no answer is marked by hand")
            return HELD
        reviews = list(read_reviews(options.table))
        with sole_writer(options.to):
            book.review(reviews)
            for student, exercise in dict.fromkeys((r.student, r.exercise) for r in reviews):
                report = book.get(student, exercise)
                if report:
                    write_report(options.to, book.reviewed(report))
            write_marks(options.to, book, policy)
    print(f"{len(reviews)} taken over; marks in {options.to / 'grades.csv'}")
    return HELD


def _certificate(options: argparse.Namespace) -> int:
    if options.new_key:
        jwk = new_key(options.new_key)
        print(f"{options.new_key}: the key; keep it, and show it to nobody")
        print(f"its public half goes into {options.exercises / CONFIG}:\n{public_line(jwk)}")
        return HELD
    if not options.to or not options.key:
        raise UsageError("name what `grade --to` wrote, and the key: certificate OUT --key FILE")
    award = read_award(options.exercises / CONFIG)
    key = read_key(options.key, award)
    people = read_people(options.people) if options.people else {}
    found = _standings(options, award.percent)
    with sole_writer(options.to):
        issue(options.to, award, key, [standing for standing in found if standing.met], people)
    for standing in found:
        _show_standing(standing, options.to / FOLDER / f"{standing.student}.html")
    print(f"{sum(s.met for s in found)} of {len(found)} meet {award.percent:g} %")
    return HELD


def _standings(options: argparse.Namespace, percent: float) -> list[Standing]:
    """Add up the same marks as stand in ``grades.csv``."""
    if not options.database and not (options.to / "gradebook.db").is_file():
        raise UsageError(f"{options.to}: holds no grade book; name what `grade --to` wrote")
    exercises, errors = read_exercises(options.exercises)
    if errors:
        _refuse(errors, "no certificate was written")
        raise UsageError(f"{options.exercises}: not every exercise can be read")
    with Gradebook(_database(options, options.to)) as book:
        found = standings(book.marks(read_policy(options.to / _POLICY)), exercises, percent)
    for student in set(options.student) - {standing.student for standing in found}:
        raise UsageError(f"{student}: has no marks in {options.to}; check the name")
    return [s for s in found if not options.student or s.student in options.student]


def _show_standing(standing: Standing, certificate: Path) -> None:
    points = f"{standing.score:g} of {standing.total:g} points ({standing.percent:g} %)"
    apart = abs(standing.score - standing.needed)
    where = f"{apart:g} to spare, {certificate}" if standing.met else f"{apart:g} too few"
    if certificate.exists() and not standing.met:
        where += f"; {certificate} was given before, and still verifies"
    open_ = f"; {standing.unsettled} checks are not settled" if standing.unsettled else ""
    print(f"{standing.student}: {points}, {where}{open_}")


def _sandbox(options: argparse.Namespace) -> Sandbox:
    """Return the best sandbox that this machine allows; refuse where that is too little."""
    tier = require(Tier[options.isolation.upper()])
    seconds = float(options.timeout)
    limits = Limits(seconds=seconds, cpu_seconds=seconds, memory=options.memory * 2**20)
    return Sandbox(tier, limits, readable=(Path(widgets.__file__ or "").parent,))


def _tell(outcome: Outcome, done: int, total: int, *, as_json: bool) -> None:
    report = outcome.report
    if as_json:
        print(json.dumps(report.as_json()), flush=True)
    elif sys.stderr.isatty():
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
    for report in (outcome.report for outcome in fresh):
        if report.message and report.status == "graded":
            print(f"note: {report.student} {report.exercise}: {report.message}")
    print(
        f"{len(fresh)} graded, {len(outcomes) - len(fresh)} already done; marks in "
        f"{options.to / 'grades.csv'}, feedback in {options.to / 'feedback'}"
    )


def _shelf(options: argparse.Namespace) -> tuple[tuple[Exercise, ...], Sequence[AutograderError]]:
    return read_shelf(_shelf_folder(options), options.slugs)


def _shelf_folder(options: argparse.Namespace) -> Path:
    root: Path = options.book.resolve()
    if not (root / "exercises" / "source").is_dir():
        raise AutograderError(
            f"{options.book}: holds no exercises/source; run this in the book's folder, or name it "
            "with --book"
        )
    return root


def _show_progress(exercise: Exercise) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"checking {exercise.slug} ...\n")
