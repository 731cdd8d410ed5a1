"""Tests of channels.supply: the messages of a worker, shared among its threads."""

import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from channels import supply as supply_module
from channels.layers.exceptions import LayerUnavailable, RefusedForNow
from channels.layers.memory import InMemoryChannelLayer
from channels.layers.outgoing import Outgoing
from channels.layers.subscription import Delivery, Refusal, Subscription
from channels.pending import Pending, Rest
from channels.supply import Results, Supply
from tests.support.waiting import wait_until


class Source(Subscription):
    """A subscription that gives what a test puts into it.

    Attributes:
        batches: what the next turns return.
        away: while it is set, the layer does not answer.
        told: (what was sent, what was settled), in order.
        released: what was handed back.
        limits: how many messages each turn asked for.
    """

    def __init__(self, *batches):
        self.batches = list(batches)
        self.away = False
        self.told = []
        self.released = []
        self.limits = []
        self.refusals = []
        self.closed = False

    def turn(self, outgoing, done, limit, block=True):
        self.limits.append(limit)
        refusals = self.settle(outgoing, done)
        if not self.batches:
            time.sleep(0.005)
            return refusals, []
        return refusals, self.batches.pop(0)

    def settle(self, outgoing, done):
        if self.away:
            raise LayerUnavailable("Redis is away")
        if outgoing or done:
            self.told.append((list(outgoing), list(done)))
        refusals, self.refusals = self.refusals, []
        return refusals

    def release(self, deliveries):
        if self.away:
            raise LayerUnavailable("Redis is away")
        self.released += deliveries

    def close(self):
        self.closed = True
        if self.away:
            raise LayerUnavailable("Redis is away")


def deliveries(*values) -> list[Delivery]:
    return [Delivery("test", {"value": value}, str(value)) for value in values]


def supply_of(*batches) -> tuple[Supply, Source]:
    source = Source(*batches)
    return Supply(InMemoryChannelLayer(), source), source


def quick(supply: Supply) -> Supply:
    """Makes a supply believe that consumers take no time."""
    for _ in range(200):
        supply.note_duration(0)
    return supply


class TestNext:
    def test_it_gives_what_was_read_one_by_one_in_order(self):
        first, second, third = batch = deliveries(1, 2, 3)
        supply, source = supply_of(batch)
        results = Results()
        assert [supply.next(results) for _ in range(3)] == [first, second, third]
        assert len(source.limits) == 1
        supply.close()

    def test_without_a_message_it_returns_so_that_a_worker_can_look_whether_to_stop(self):
        supply, _ = supply_of()
        assert supply.next(Results()) is None

    def test_results_leave_with_the_next_read(self):
        [delivery] = deliveries(1)
        supply, source = supply_of([delivery])
        results, item = Results(), Outgoing.to_channel("out", {})
        supply.next(results)
        results.add([item], delivery)
        supply.next(results)
        assert source.told == [([item], [delivery])]

    def test_results_that_have_waited_leave_before_the_next_message_is_run(self, monkeypatch):
        monkeypatch.setattr(supply_module, "RESULT_DELAY_SECONDS", 0)
        first, second = deliveries(1, 2)
        supply, source = supply_of([first, second])
        results = Results()
        supply.next(results)
        results.add([], first)
        assert supply.next(results) == second
        assert source.told == [([], [first])]
        supply.close()

    def test_threads_share_what_one_of_them_reads(self):
        batch = deliveries(*range(8))
        supply, source = supply_of(batch)
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(lambda _: supply.next(Results()), range(8)))
        assert sorted(delivery.message["value"] for delivery in found) == list(range(8))
        assert len(source.limits) == 1
        supply.close()


class TestSuspects:
    def test_one_that_workers_died_with_runs_alone(self):
        [before, suspect, after] = deliveries(1, 2, 3)
        suspect = suspect._replace(tries=1)
        supply, source = supply_of([before], [suspect], [after])
        assert supply.next(Results()) == before
        assert supply.next(Results()) is None
        with ThreadPoolExecutor(2) as pool:
            waiting = pool.submit(supply.next, Results())
            time.sleep(0.2)  # for it to be handed back, or run beside another
            assert not waiting.done()
            assert source.released == []
            supply.end()
            assert waiting.result(30) == suspect
            waiting = pool.submit(supply.next, Results())
            time.sleep(0.1)  # for another to be read
            assert source.batches == [[after]]
            supply.end()
            assert waiting.result(30) == after


class TestReadingAhead:
    def test_while_consumers_are_slow_only_what_can_be_run_is_read(self):
        supply, source = supply_of()
        supply.next(Results())
        assert source.limits == [1]

    def test_while_they_are_quick_many_are_read_but_not_too_many(self):
        supply, source = supply_of()
        quick(supply).next(Results())
        assert source.limits == [supply_module.READ_AHEAD_LIMIT]

    def test_what_waits_behind_a_slow_consumer_is_handed_back(self):
        first, *others = deliveries(1, 2, 3)
        supply, source = supply_of([first, *others])
        assert supply.next(Results()) == first
        wait_until(lambda: source.released == others, "the others to be handed back")
        supply.next(Results())
        assert source.limits[-1] == 1
        supply.close()

    def test_results_behind_a_slow_consumer_leave_too(self):
        first, second = deliveries(1, 2)
        supply, source = supply_of([first, second])
        results = Results()
        supply.next(results)
        results.add([], first)
        supply.next(results)  # and now its consumer runs on and on
        wait_until(lambda: source.told == [([], [first])], "the results of the first")
        supply.close()


class TestOutages:
    def test_it_goes_on_when_the_layer_is_back_and_says_so_once(self, caplog):
        caplog.set_level(logging.WARNING)
        [delivery] = deliveries(1)
        supply, source = supply_of([delivery])
        source.away = True
        back = threading.Timer(0.2, setattr, [source, "away", False])
        back.start()
        assert supply.next(Results()) == delivery
        back.join()
        assert caplog.text.count("unavailable, will keep trying: Redis is away") == 1
        assert caplog.text.count("available again") == 1

    def test_results_outlive_it(self):
        [delivery] = deliveries(1)
        supply, source = supply_of()
        results = Results()
        results.add([], delivery)
        source.away = True
        back = threading.Timer(0.1, setattr, [source, "away", False])
        back.start()
        supply.flush(results)
        back.join()
        assert source.told == [([], [delivery])]

    def test_all_threads_go_on_after_it(self):
        supply, source = supply_of(*([delivery] for delivery in deliveries(*range(6))))
        source.away = True
        back = threading.Timer(0.1, setattr, [source, "away", False])
        back.start()

        def run_some(_):
            results, found = Results(), 0
            while source.batches or found == 0:
                delivery = supply.next(results)
                if delivery:
                    found += 1
                    results.add([], delivery)
                elif not source.batches:
                    break
            supply.flush(results)

        with ThreadPoolExecutor(3) as pool:
            list(pool.map(run_some, range(3)))
        back.join()
        settled = sorted(d.message["value"] for _, done in source.told for d in done)
        assert settled == list(range(6))

    def test_a_worker_that_is_told_to_stop_does_not_wait_for_its_end(self, caplog):
        supply, source = supply_of()
        results = Results()
        results.add([], *deliveries(1))
        source.away = True
        threading.Timer(0.1, supply.stop).start()
        assert supply.next(results) is None
        supply.flush(results)
        supply.close()
        assert "what is not settled goes to others" in caplog.text
        assert "Stopped without handing back messages" in caplog.text


class TestRefusals:
    def test_what_was_refused_is_sent_again(self):
        source = Source()
        layer = InMemoryChannelLayer()
        supply = Supply(layer, source)
        item = Outgoing.to_channel("out", {"value": 1})
        source.refusals = [Refusal(item, layer.ChannelFull("full"))]
        results = Results()
        results.add([item], *deliveries(1))
        supply.flush(results)
        assert layer.receive(["out"]) == ("out", {"value": 1})

    def test_what_is_refused_until_the_worker_stops_is_counted(self, monkeypatch, caplog):
        monkeypatch.setattr("channels.pending.RETRY_SECONDS", 0)
        source, layer = Source(), InMemoryChannelLayer()
        supply = Supply(layer, source)
        item = Outgoing.to_channel("out", {"value": 1})
        source.refusals = [Refusal(item, RefusedForNow("no memory"))]
        results = Results()
        results.add([item], *deliveries(1))
        supply.stop()
        supply.flush(results)
        assert "Stopped with 1 messages that the layer does not take." in caplog.text


class TestStopping:
    def test_what_nobody_has_started_is_handed_back(self):
        first, *others = deliveries(1, 2, 3)
        supply, source = supply_of([first, *others])
        supply.next(Results())
        supply.close()
        assert source.released == others
        assert source.closed

    def test_nothing_is_started_after_it(self):
        supply, source = supply_of(deliveries(1, 2))
        results = Results()
        supply.next(results)
        supply.stop()
        assert supply.next(results) is None
        supply.close()
        assert [delivery.message["value"] for delivery in source.released] == [2]

    def test_threads_that_wait_for_another_to_read_end_soon(self):
        supply, source = supply_of()
        reading, go_on = threading.Event(), threading.Event()
        turn = source.turn

        def slow_turn(*args):
            reading.set()
            go_on.wait(30)
            return turn(*args)

        source.turn = slow_turn
        with ThreadPoolExecutor(5) as pool:
            waiting = [pool.submit(supply.next, Results()) for _ in range(5)]
            assert reading.wait(30)
            supply.stop()
            go_on.set()
            assert [future.result(30) for future in waiting] == [None] * 5
        assert len(source.limits) == 1


class TestPostponing:
    def test_a_message_is_settled_when_the_rest_of_it_is_done(self):
        [delivery] = deliveries(1)
        supply, source = supply_of()
        supply.postpone(delivery, Pending(), Rest(lambda: None, 0.01))
        wait_until(lambda: source.told == [([], [delivery])], "the message to be settled")
        supply.close()

    def test_where_no_more_may_wait_the_thread_does(self, monkeypatch):
        monkeypatch.setattr("channels.postponed.MOST", 0)
        [delivery] = deliveries(1)
        supply, source = supply_of()
        attempts = iter([LayerUnavailable(), None])

        def action():
            if error := next(attempts):
                raise error

        supply.postpone(delivery, Pending(), Rest(action, 60))
        assert source.told == [([], [delivery])]
        supply.close()
