"""Proof 5 of access.md: whatever is broken, some probe notices. A mutant that survives is a hole in the tests."""

from collections.abc import Iterator

import pytest
from django.db import connections

from tests.cast import Cast
from tests.proofs import outside, probes
from tests.proofs.mutants import MUTANTS, Mutant, no_first_wall, no_second_wall
from tests.proofs.probes import Probe
from tests.proofs.scene import Scene, set_scene

PROBES = [*probes.PROBES, *outside.PROBES]
# Brackets aside: PostgreSQL sets them anew when it writes a policy down again.
CATALOGUE = """
SELECT 'policy', tablename || '.' || policyname,
       translate(cmd || roles::text || coalesce(qual, '') || coalesce(with_check, ''), '()', '') FROM pg_policies
UNION ALL
SELECT 'table', relname, relrowsecurity::text || relforcerowsecurity::text
FROM pg_class WHERE relnamespace = 'public'::regnamespace
UNION ALL
SELECT 'function', oid::regprocedure::text, prosrc || proowner::text || coalesce(proacl::text, '') || prosecdef::text
FROM pg_proc WHERE pronamespace = 'public'::regnamespace ORDER BY 1, 2
"""


@pytest.fixture(scope="module")
def scene(stage: Cast) -> Iterator[Scene]:
    """Set once; what the mutants changed in the catalogue must be as before when all are done."""
    before = catalogue()
    yield set_scene(stage)
    assert catalogue() == before, "a mutant was not undone"


def catalogue() -> list[tuple[str, ...]]:
    with connections["owner"].cursor() as cursor:
        cursor.execute(CATALOGUE)
        return list(cursor.fetchall())


def notices(probe: Probe, scene: Scene) -> bool:
    try:
        probe(scene)
    except AssertionError:
        return True
    return False


@pytest.mark.parametrize("probe", PROBES, ids=lambda probe: probe.__name__)
def test_a_probe_passes_on_the_system_as_it_is(scene: Scene, probe: Probe) -> None:
    probe(scene)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_is_noticed(scene: Scene, mutant: Mutant) -> None:
    with mutant.applied():
        blind = [probe.__name__ for probe in mutant.killed_by if not notices(probe, scene)]
    assert not blind, f"the mutant survived {blind}"


def test_the_second_wall_alone_suffices(scene: Scene) -> None:
    with no_first_wall():
        probes.the_application_reads_only_what_is_shared(scene)
        probes.one_recipient_does_not_see_another_by_raw_sql(scene)


def test_the_first_wall_alone_suffices(scene: Scene) -> None:
    with no_second_wall():
        probes.the_application_reads_only_what_is_shared(scene)
        assert notices(probes.the_second_wall_hides_what_is_foreign, scene), "the second wall was still there: this proved nothing"


def test_each_probe_kills_a_mutant() -> None:
    shows_that_something_is_there = {probes.the_second_wall_shows_what_is_shared, probes.the_line_shows_what_is_shared}
    killing = {probe for mutant in MUTANTS for probe in mutant.killed_by}
    assert set(PROBES) - killing == shows_that_something_is_there
