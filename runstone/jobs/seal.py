"""When streams are sealed: full ones and those of ended runs at once, quiet ones now and then."""

from collections.abc import Callable
from datetime import timedelta

from runstone.actions.seal import CONSOLE_MARGIN, Work, seal_stream
from runstone.domain.history import SEGMENT_BYTES, SEGMENT_LINES, Stream
from runstone.domain.ids import RunId
from runstone.jobs.runner import Context

IDLE = timedelta(minutes=10)
LOOK_EVERY = timedelta(minutes=1)
AT_ONCE = 100


def seal_job(work: Work) -> Callable[[Context, str], None]:
    """The job that seals one stream; its subject is `run id/epoch/stream`."""

    def run(context: Context, subject: str) -> None:
        run_id, epoch, stream = (int(part) for part in subject.split("/"))
        seal_stream(
            context.store, RunId(run_id), epoch, Stream(stream), context.now, work=work, go_on=context.go_on
        )

    return run


def quiet_job(work: Work, rest: Callable[[], None]) -> Callable[[Context, str], None]:
    """The periodic job that seals what nobody has added to for long, or what was missed."""

    def run(context: Context, _: str) -> None:
        with context.store.reading() as reads:
            rows = reads.unsealed_streams(
                context.now - IDLE, SEGMENT_LINES, SEGMENT_BYTES, CONSOLE_MARGIN, AT_ONCE
            )
        for row in rows:
            idle = row.last_write < context.now - IDLE
            seal_stream(
                context.store,
                RunId(row.run_id),
                row.epoch,
                Stream(row.stream),
                context.now,
                everything=idle,
                work=work,
                go_on=context.go_on,
            )
        rest()

    return run
