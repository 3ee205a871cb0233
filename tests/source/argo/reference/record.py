"""Ask Go again: `python tests/source/argo/reference/record.py` fills in and refreshes `answers.json`.

A new case is a line with a template and, where wanted, an option; Go writes the rest. The program is built
outside the checkout.
"""

import json
import subprocess
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
ANSWERS = HERE / "answers.json"


def main() -> None:
    """Build the program, ask it, write its answers."""
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "reference"
        subprocess.run(["go", "build", "-o", str(program), "."], cwd=HERE, check=True)
        asked = ANSWERS.read_text()
        done = subprocess.run([str(program)], input=asked, capture_output=True, text=True, check=True)
    answered = json.loads(done.stdout)
    rows = ",\n".join(json.dumps(row, ensure_ascii=False) for row in answered["cases"])
    data = json.dumps(json.loads(asked)["data"], ensure_ascii=False)
    ANSWERS.write_text(f'{{\n"data": {data},\n"cases": [\n{rows}\n]\n}}\n')


if __name__ == "__main__":
    main()
