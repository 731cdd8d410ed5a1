"""state.js: snapshots and events, in whatever order they come."""

FEATURE = """
    const feature = (id, properties = {}) => ({
        type: "Feature", id: `Incident:${id}`,
        geometry: { type: "Point", coordinates: [0, 0] },
        properties: {
            model: "Incident", name: `n${id}`, description: "", severity_code: "ME", closed: false,
            created: "2026-01-01T00:00:00+00:00",
            updated: "2026-01-01T00:00:00+00:00",
            ...properties,
        },
    });
    const save = (it, created = false) => ({ type: "post_save", created, feature: it });
    const rest = { areas: { features: [] }, alerts: [] };
    const state = new LiveState();
"""


def test_event_that_is_older_than_what_is_known_changes_nothing(run):
    name, kind = run(
        "state.js",
        "({ LiveState }) => {"
        + FEATURE
        + """
            state.apply(save(feature(1, { name: "new", updated: "2026-01-01T00:00:02+00:00" })));
            const late = state.apply(save(feature(1, { name: "old" })));
            return [state.incidents.get("Incident:1").properties.name, late];
        }""",
    )

    assert (name, kind) == ("new", None)


def test_save_that_arrives_after_its_delete_does_not_bring_it_back(run):
    count = run(
        "state.js",
        "({ LiveState }) => {"
        + FEATURE
        + """
            state.apply({ type: "post_delete", feature: feature(1) });
            state.apply(save(feature(1), true));
            return state.incidents.size;
        }""",
    )

    assert count == 0


def test_snapshot_replaces_and_keeps_what_did_not_change(run):
    ids, is_same = run(
        "state.js",
        "({ LiveState }) => {"
        + FEATURE
        + """
            const kept = feature(1);
            for (const it of [kept, feature(2)]) state.apply(save(it));
            state.replace({ incidents: { features: [feature(1), feature(3)] }, ...rest });
            return [[...state.incidents.keys()], state.incidents.get("Incident:1") === kept];
        }""",
    )

    assert ids == ["Incident:1", "Incident:3"]
    assert is_same


def test_change_that_left_the_time_of_update_alone_is_in_the_snapshot(run):
    closed = run(
        "state.js",
        "({ LiveState }) => {"
        + FEATURE
        + """
            state.apply(save(feature(1)));
            state.replace({ incidents: { features: [feature(1, { closed: true })] }, ...rest });
            return state.incidents.get("Incident:1").properties.closed;
        }""",
    )

    assert closed


def test_unknown_event_and_model_are_refused(run):
    messages = run(
        "state.js",
        "({ LiveState }) => {"
        + FEATURE
        + """
            const events = [{ type: "resolved" }, save(feature(1, { model: "Person" }))];
            return events.map((event) => {
                try { return state.apply(event); } catch (error) { return error.message; }
            });
        }""",
    )

    assert messages == ['Unknown event type "resolved".', 'Unknown model "Person".']


def test_worst_comes_first_then_the_newest(run):
    names = run(
        "state.js",
        "async ({ LiveState }) => {"
        + FEATURE
        + """
            const { parseFilters } = await import("/filters.js");
            const on = (day) => `2026-01-0${day}T00:00:00+00:00`;
            state.apply(save(feature(1, { severity_code: "LO", created: on(3) })));
            state.apply(save(feature(2, { severity_code: "UR", created: on(1) })));
            state.apply(save(feature(3, { severity_code: "UR", created: on(2) })));
            return state.visible(parseFilters("")).map(({ properties }) => properties.name);
        }""",
    )

    assert names == ["n3", "n2", "n1"]
