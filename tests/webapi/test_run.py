"""What the page of one run is told."""

from runstone.actions.history import Post, receive
from runstone.actions.rewind import rewind_run
from runstone.actions.run import RunChange, delete_run, upsert_run
from runstone.domain.history import Chunk, Stream
from runstone.domain.run import Branch
from runstone.store.opening import Store
from tests.conftest import NOW, People
from tests.web import client_of


def test_a_run_names_what_it_goes_on_from(store: Store, people: People) -> None:
    first = RunChange(entity="lab", project="p", name="a", display_name="the first")
    a, _ = upsert_run(store, people.ben, first, NOW)
    rows = tuple(f'{{"_step": {step}}}' for step in range(5))
    post = Post((Chunk(Stream.HISTORY, 0, rows),), exit_code=0)
    receive(store, people.ben, "lab", "p", "a", post, NOW).result()
    forked = RunChange(entity="lab", project="p", name="b", branch=Branch("a", 3))
    upsert_run(store, people.ben, forked, NOW)
    client = client_of(store, people.keys["cy"])
    assert client.get("/api/runs/lab/p/a").json()["branch"] is None
    assert client.get("/api/runs/lab/p/b").json()["branch"] == {
        "run": "a",
        "run_name": "the first",
        "step": 3,
        "rewound": False,
    }
    rewind_run(store, people.ben, "lab", "p", Branch("a", 2), NOW)
    assert client.get("/api/runs/lab/p/a").json()["branch"]["rewound"] is True
    delete_run(store, people.ben, a, NOW)
    assert client.get("/api/runs/lab/p/b").json()["branch"]["run"] is None
