"""The engine's log is kept out of the sandbox, also where it was there before."""

from sandbox.demo import without_engine_log


def test_a_file_takes_the_place_of_the_logs(tmp_path):
    (tmp_path / "home" / "logs").mkdir(parents=True)
    (tmp_path / "home" / "logs" / "up.log").write_text("everything")
    for _ in range(2):
        without_engine_log(tmp_path / "home")
        assert (tmp_path / "home" / "logs").read_bytes() == b""
