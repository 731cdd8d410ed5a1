"""sequence.js: numbered frames in order, each once."""

START = """
    const frame = (seq, epoch = "e") => ({ epoch, seq });
    const numbers = (frames) => frames.map(({ seq }) => seq);
    const sequence = new Sequence();
    sequence.start(frame(10));
"""


def test_frames_are_put_in_order_and_each_comes_once(run):
    due = run(
        "sequence.js",
        "({ Sequence }) => {" + START + "return [12, 11, 11, 13, 9].map((seq) =>"
        "numbers(sequence.take(frame(seq)))); }",
    )

    assert due == [[], [11, 12], [], [13], []]


def test_gap_is_known_from_the_head_of_the_log(run):
    states = run(
        "sequence.js",
        "({ Sequence }) => {"
        + START
        + """
            const states = [sequence.isComplete];
            sequence.noteHead(frame(11));
            states.push(sequence.isComplete);
            sequence.take(frame(11));
            return [...states, sequence.isComplete, sequence.position];
        }""",
    )

    assert states == [True, False, True, "e:11"]


def test_frames_before_the_snapshot_wait_for_its_position(run):
    due = run(
        "sequence.js",
        """({ Sequence }) => {
            const sequence = new Sequence();
            for (const seq of [4, 5, 6]) sequence.take({ epoch: "e", seq });
            const due = sequence.start({ epoch: "e", seq: 4 });
            return [...due, sequence.position];
        }""",
    )

    assert due == [{"epoch": "e", "seq": 5}, {"epoch": "e", "seq": 6}, "e:6"]


def test_other_log_is_a_gap_that_only_a_new_start_closes(run):
    states = run(
        "sequence.js",
        "({ Sequence }) => {"
        + START
        + """
            const states = [numbers(sequence.take(frame(11, "other"))), sequence.isComplete];
            sequence.reset();
            sequence.take(frame(3, "other"));
            return [...states, numbers(sequence.start(frame(2, "other"))), sequence.position];
        }""",
    )

    assert states == [[], False, [3], "other:3"]
