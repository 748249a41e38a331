"""The Celery application. Every option stands in settings under CELERY_; nothing is set here."""

import logging
import os
from typing import Any

from celery import Celery, bootsteps
from celery.worker import state

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backoffice.settings")
log = logging.getLogger(__name__)
ACK_AGAIN_SECONDS = 10.0


class AckAgain(bootsteps.StartStopStep):
    """Tells Redis once more of work that is done, where it did not listen the first time.

    A worker takes only as many messages as it has hands. Kombu gives up on an acknowledgement that ran into a
    timeout (a Redis that froze for some seconds) and goes on counting that message as being worked on, so the worker
    would never take another one."""

    requires = {"celery.worker.consumer.tasks:Tasks"}

    def start(self, parent: Any) -> None:
        self.entry = parent.timer.call_repeatedly(ACK_AGAIN_SECONDS, self.look, (parent,))

    def stop(self, parent: Any) -> None:
        if entry := getattr(self, "entry", None):
            entry.cancel()

    def look(self, consumer: Any) -> None:
        if state.active_requests or state.reserved_requests:
            return
        qos = consumer.task_consumer.channel.qos
        for tag in [tag for tag in qos._delivered if tag not in qos._dirty]:
            log.warning("message %s is acknowledged again", tag)
            qos.ack(tag)


app = Celery("backoffice")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.steps["consumer"].add(AckAgain)
app.autodiscover_tasks()
