"""The systems that are compared, and how each is started."""

from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path

HERE = Path(__file__).parent


class Ability(Enum):
    """What a workload may ask of a system."""

    HTTP = "a trivial Django view"
    WEBSOCKET = "sockets and their echo"
    GROUP = "broadcasts to the sockets on /room/"
    LAYER = "a channel layer between the one who sends and the sockets"
    WORKER = "a worker process with a no-op consumer"
    ORDER = "consumers under enforce_ordering"
    OURS = "this project's own channel layer"


@dataclass(frozen=True)
class System:
    """One column of the table.

    Attributes:
        name: what `--system` calls it.
        title: head of its column.
        application: its folder under systems/.
        requirements: file with its packages; systems with the same file share an environment.
        server, worker, publisher, simulation: commands, with `{port}` where the port goes and
            `{threads}` for those of a worker; the program is looked up in the environment. A
            server without a `publisher` takes the commands for one itself.
        abilities: which workloads it can run.
        worker_serves: whether its server answers only when a worker runs beside it.
        settings: environment variables of all its processes.
        pythons: Python versions that it needs, best first; empty for the one that runs this.
    """

    name: str
    title: str
    application: str
    requirements: Path
    server: tuple[str, ...]
    abilities: frozenset[Ability]
    worker: tuple[str, ...] = ()
    publisher: tuple[str, ...] = ()
    simulation: tuple[str, ...] = ()
    worker_serves: bool = False
    settings: dict[str, str] = field(default_factory=dict)
    pythons: tuple[str, ...] = ()

    @property
    def folder(self) -> Path:
        """Where its application is."""
        return HERE / "systems" / self.application


ALL = frozenset(Ability)
DAPHNE = ("daphne", "-b", "127.0.0.1", "-p", "{port}", "-v", "0")
PUBLISHER = ("python", "publisher.py")
REQUIREMENTS = HERE / "requirements"
ROOT = HERE.parent

ORIGINAL = System(
    name="original",
    title="Channels 1.1.8",
    application="channels1",
    requirements=REQUIREMENTS / "original.txt",
    server=(*DAPHNE, "asgi:channel_layer"),
    worker=("python", "manage.py", "runworker", "--threads", "{threads}"),
    publisher=PUBLISHER,
    worker_serves=True,
    abilities=ALL - {Ability.OURS},
    pythons=("3.7", "3.6"),
)
OURS = replace(
    ORIGINAL,
    name="ours",
    title="ours",
    requirements=ROOT / "requirements.txt",
    simulation=("python", "servers.py"),
    abilities=ALL,
    settings={"PYTHONPATH": str(ROOT)},
    pythons=(),
)
CHANNELS_4 = System(
    name="channels4",
    title="Channels 4 core",
    application="channels4",
    requirements=REQUIREMENTS / "channels4.txt",
    server=(*DAPHNE, "asgi:application"),
    worker=("python", "manage.py", "runworker", "bench.noop"),
    publisher=PUBLISHER,
    abilities=ALL - {Ability.OURS, Ability.ORDER},
    settings={"BENCH_LAYER": "core"},
)
CHANNELS_4_PUBSUB = replace(
    CHANNELS_4,
    name="channels4-pubsub",
    title="Channels 4 pub/sub",
    # the rest does not pass through the layer, or needs one that keeps messages
    abilities=frozenset({Ability.GROUP, Ability.LAYER}),
    settings={"BENCH_LAYER": "pubsub"},
)
AUTOBAHN = System(
    name="autobahn",
    title="Autobahn loop",
    application="autobahn",
    requirements=REQUIREMENTS / "autobahn.txt",
    server=("python", "server.py", "{port}", "loop"),
    abilities=frozenset({Ability.WEBSOCKET, Ability.GROUP}),
)
FRAMES = replace(
    AUTOBAHN,
    name="frames",
    title="ready-made frames",
    server=("python", "server.py", "{port}", "frames"),
    abilities=frozenset({Ability.GROUP}),
)
GUNICORN = System(
    name="gunicorn",
    title="gunicorn, 1 sync worker",
    application="gunicorn",
    requirements=REQUIREMENTS / "gunicorn.txt",
    server=("gunicorn", "-w", "1", "-b", "127.0.0.1:{port}", "wsgi:application"),
    abilities=frozenset({Ability.HTTP}),
)

SYSTEMS = (OURS, ORIGINAL, CHANNELS_4, CHANNELS_4_PUBSUB, AUTOBAHN, FRAMES, GUNICORN)
