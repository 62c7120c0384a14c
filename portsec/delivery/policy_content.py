"""What an escalation policy may say. Each refusal names the place and the remedy."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.utils.translation import gettext as _

from portsec.delivery.models import Step
from portsec.problems import Fault, Refused

MOST_STEPS = 10
LONGEST_AFTER = 24 * 3600  # seconds after the deadline: who is silent for a day is not reached by waiting
SHORTEST_ANSWER, LONGEST_ANSWER = 30, 7 * 24 * 3600  # seconds, as an alert's own acknowledge_within


def check_policy(acknowledge_within: int | None, steps: Sequence[Any]) -> list[dict[str, Any]]:
    """The steps as they are kept: `{"after": seconds, "step": …}` in order of time. Raises Refused with all that is wrong."""
    faults = [*_answer_faults(acknowledge_within), *_step_faults(steps)]
    if faults:
        raise Refused(*faults)
    return [{"after": one["after"], "step": one["step"]} for one in steps]


def _answer_faults(seconds: int | None) -> Iterator[Fault]:
    if seconds is not None and not SHORTEST_ANSWER <= seconds <= LONGEST_ANSWER:
        yield Fault("acknowledge_within", _("Choose between half a minute and 7 days, or leave it empty for the default."), "out_of_range")


def _step_faults(steps: Sequence[Any]) -> Iterator[Fault]:
    if not steps:
        yield Fault("steps", _("Add at least one step: the coordinator, who is told when nobody answers."), "required")
        return
    if len(steps) > MOST_STEPS:
        yield Fault("steps", _("Keep at most %d steps: take the others away.") % MOST_STEPS, "too_many")
        return
    for number, one in enumerate(steps):
        yield from _one_step(number, one, steps[:number])
    if steps[-1]["step"] != Step.COORDINATOR:
        words = _("A policy with no last step: end with “Tell the coordinator”, so that somebody always knows.")
        yield Fault(f"steps/{len(steps) - 1}/step", words, "no_last_step")


def _one_step(number: int, one: Any, before: Sequence[Any]) -> Iterator[Fault]:
    after = one["after"]
    if one["step"] not in Step.values:
        yield Fault(f"steps/{number}/step", _("Give one of: %s.") % ", ".join(Step.values), "invalid_choice")
    if not 0 <= after <= LONGEST_AFTER:
        yield Fault(f"steps/{number}/after", _("Choose at most 24 hours after the deadline."), "out_of_range")
    if before and after < before[-1]["after"]:
        yield Fault(f"steps/{number}/after", _("Earlier than the step before it. Choose a later time, or put the steps in order."), "order")
    if any((one["step"], after // 60) == (other["step"], other["after"] // 60) for other in before):
        yield Fault(f"steps/{number}/step", _("The same step twice at the same minute. Take one away, or choose another time."), "loop")
