import pytest
from django.db import OperationalError, connection

from backoffice.models import System
from backoffice.patience import TookTooLong, at_most

pytestmark = pytest.mark.django_db
FOREVER = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n",
    "postgresql": "SELECT pg_sleep(30)",
}


def ask(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()


def test_a_question_without_end_is_given_up_and_the_next_one_is_answered():
    with pytest.raises(TookTooLong), at_most(0.2):
        ask(FOREVER[connection.vendor])
    assert System.objects.count() >= 0
    with at_most(5):
        assert ask("SELECT 1") == (1,)


def test_any_other_trouble_is_not_called_slowness():
    with pytest.raises(OperationalError), at_most(5):
        raise OperationalError("the disk is full")


def test_the_limit_ends_with_its_block(postgresql):
    with at_most(0.2):
        assert ask("SELECT 1") == (1,)
    assert ask("SELECT pg_sleep(0.4)")
