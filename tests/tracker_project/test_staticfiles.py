import json

import pytest
from django.core.files.base import ContentFile

from tracker_project.staticfiles import HashedStaticFilesStorage


@pytest.fixture
def collect(tmp_path):
    """Call it with files by path for the names they get, as collectstatic would give them."""

    def collect(**files: str) -> dict[str, str]:
        storage = HashedStaticFilesStorage(location=tmp_path, base_url="/static/")
        names = [storage.save(f"{name}.js", ContentFile(text)) for name, text in files.items()]
        for _name, _hashed, processed in storage.post_process({n: (storage, n) for n in names}):
            if isinstance(processed, Exception):
                raise processed
        return json.loads((tmp_path / "staticfiles.json").read_text())["paths"]

    return collect


def test_modules_import_each_other_by_hashed_names(collect, tmp_path):
    # Deeper than the five passes that Django makes.
    modules = {f"m{n}": f'import {{ x }} from "./m{n + 1}.js";' for n in range(8)}
    paths = collect(**modules, m8="export const x = 1;")
    for n in range(8):
        text = (tmp_path / paths[f"m{n}.js"]).read_text()
        assert text == f'import {{ x }} from "./{paths[f"m{n + 1}.js"]}";'


def test_a_missing_source_map_is_left_alone(collect, tmp_path):
    paths = collect(library="let x;\n//# sourceMappingURL=library.js.map\n")
    assert "library.js.map" in (tmp_path / paths["library.js"]).read_text()


def test_a_missing_module_is_an_error(collect):
    with pytest.raises(ValueError, match=r"missing\.js"):
        collect(main='import "./missing.js";')
