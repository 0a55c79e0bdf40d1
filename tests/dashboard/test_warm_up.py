"""What is loaded after the first page: all that the other pages import, and the other workers."""

from __future__ import annotations

from tests.dashboard.test_imports import loaded

PROGRAM = """
import ast, gc, json, pathlib, sys
from dashboard import warm_up

class Pool:
    asked = 0
    def start_all(self):
        self.asked += 1

pool, warm_up.DELAY = Pool(), 0
for _ in range(2):
    warm_up.begin(pool).join()
assert pool.asked == 1
before = set(sys.modules)
assert "plotly.graph_objs" in before and gc.get_freeze_count() > len(before)
for file in pathlib.Path("pages").glob("*.py"):
    page = ast.parse(file.read_text())
    imports = [node for node in page.body if isinstance(node, ast.Import | ast.ImportFrom)]
    exec(compile(ast.Module(imports, []), "imports", "exec"))
print(json.dumps([*set(sys.modules) - before]))
"""


def test_no_page_has_anything_left_to_load():
    assert loaded(PROGRAM) == set()


def test_pandas_is_not_loaded_beside_a_page_at_work():
    """Plotly takes it for loaded where another thread has only begun to: an AttributeError."""
    assert "pandas" not in loaded(EVERYTHING)


EVERYTHING = """
import json, sys
from dashboard import warm_up

class Pool:
    def start_all(self):
        pass

warm_up.DELAY = 0
warm_up.begin(Pool()).join()
print(json.dumps([*sys.modules]))
"""

LIMIT = """
import json, logging, resource
said = []
logging.getLogger("dashboard.warm_up").addFilter(lambda record: said.append(record.getMessage()))
from dashboard import warm_up
_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
warm_up.allow_files()
soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
assert soft == min(hard, warm_up.MOST_FILES), (soft, hard)
resource.setrlimit(resource.RLIMIT_NOFILE, (256, 300))
warm_up.allow_files()
assert resource.getrlimit(resource.RLIMIT_NOFILE) == (300, 300)
print(json.dumps(said[-1:]))
"""


def test_as_many_files_may_be_open_as_the_system_allows():
    (told,) = loaded(LIMIT)
    assert "300 files" in told
    assert "75 readers" in told
