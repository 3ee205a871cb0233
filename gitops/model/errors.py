"""Every error this project raises on purpose, and the problems they carry.

    GitOpsError                 4  the engine or the cluster refused
    ├── ConfigError             2  settings, descriptors or manifests are wrong: change a file
    ├── AccessError             3  a repository or cluster can't be reached: change access
    ├── RefusedError            5  a rule of this project says no: decide, then ask explicitly
    ├── NotFoundError           6  the thing named does not exist
    ├── ConflictError           8  somebody else is at work on the same stack
    └── TimedOutError           9  something did not become ready in time

The number is the exit code of the command that ends with the error; where the engine has a code of the
same meaning it is the same number.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A place in a file of the repository or project; line 0 means the file as a whole."""

    file: str
    line: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, told so that a person can mend it.

    Attributes:
        what: what is wrong and why, in one sentence.
        where: the place, or None when there is no file to point at.
        next_step: the one thing to do next.
        application: the application that it concerns, or "" when it concerns the whole stack.
        also: other applications that it concerns just as much.
    """

    what: str
    where: Location | None = None
    next_step: str = ""
    application: str = ""
    also: tuple[str, ...] = ()

    @property
    def applications(self) -> tuple[str, ...]:
        """Every application that it concerns; none when it concerns the whole stack."""
        return (self.application, *self.also) if self.application else ()

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        step = f"\n    → {self.next_step}" if self.next_step else ""
        return f"{place}{self.what}{step}"


class GitOpsError(Exception):
    """The root of the tree; its text is the problem's text."""

    exit_code: ClassVar[int] = 4

    def __init__(self, what: str, *, where: Location | None = None, next_step: str = "") -> None:
        self.problems: tuple[Problem, ...] = (Problem(what, where, next_step),)
        super().__init__(str(self.problems[0]))


class ConfigError(GitOpsError):
    """Settings, descriptors or manifests are wrong."""

    exit_code = 2


class AccessError(GitOpsError):
    """A repository or a cluster can't be reached or does not let us in."""

    exit_code = 3


class RefusedError(GitOpsError):
    """The change is possible, but a rule asks for an explicit decision first."""

    exit_code = 5


class NotFoundError(GitOpsError):
    """What was named does not exist."""

    exit_code = 6


def unknown_applications(stack: str, names: Iterable[str], known: Iterable[str] = ()) -> NotFoundError:
    """The error that a stack has no applications of these names, with those it knows that may be meant."""
    wrong, near = sorted(names), list(known)
    meant = sorted({found for name in wrong for found in get_close_matches(name, near)})
    question = f"did you mean {', '.join(meant)}? else " if meant else ""
    return NotFoundError(
        f"stack {stack} has no application {', '.join(wrong)}",
        next_step=f"{question}see them: gitops app list --stack {stack} -o name",
    )


class ConflictError(GitOpsError):
    """Another run holds the stack; `left_over` says that it was killed, and only its lock is there."""

    exit_code = 8

    def __init__(self, what: str, *, next_step: str = "", left_over: bool = False) -> None:
        self.left_over = left_over
        super().__init__(what, next_step=next_step)


class TimedOutError(GitOpsError):
    """Something did not become ready in time."""

    exit_code = 9


class ProblemsError(ConfigError):
    """Several problems at once: everything that was found wrong before anything was touched."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        found = tuple(sorted(problems, key=lambda p: (p.where is None, p.where or Location(""), p.what)))
        noun = "problem" if len(found) == 1 else "problems"
        listing = "\n".join(f"  {problem}" for problem in found)
        Exception.__init__(self, f"{len(found)} {noun}; the cluster was not touched\n{listing}")
        self.problems = found


@dataclass(slots=True)
class Problems:
    """Collects problems, so that one run reports all of them instead of the first."""

    found: list[Problem] = field(default_factory=list)

    def add(
        self,
        what: str,
        where: Location | None = None,
        next_step: str = "",
        application: str = "",
        also: tuple[str, ...] = (),
    ) -> None:
        """Note one problem; equal ones are kept once."""
        self.note(Problem(what, where, next_step, application, also))

    def note(self, problem: Problem) -> None:
        """As `add`."""
        if problem not in self.found:
            self.found.append(problem)

    def __iter__(self) -> Iterator[Problem]:
        return iter(self.found)

    def __len__(self) -> int:
        return len(self.found)

    def raise_any(self) -> None:
        """Raise ProblemsError when there is at least one problem."""
        if self.found:
            raise ProblemsError(self.found)
