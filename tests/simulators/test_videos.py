"""The videos of the demo and the tests are real files that a player could play."""

from pathlib import Path

import av
import pytest

from scenes.simulators.videos import broken_video, make_video, picture, probe


def test_a_video_has_the_length_size_and_codec_asked_for(tmp_path: Path) -> None:
    info = probe(make_video(tmp_path / "a.mp4", seconds=2, size=(320, 180), frame_rate=10))
    assert (info.seconds, info.width, info.height, info.frame_rate) == (2.0, 320, 180, 10.0)
    assert (info.codec, info.container[:3]) == ("h264", "mov")


@pytest.mark.parametrize("ending", ["mp4", "mkv", "mov", "avi"])
def test_the_ending_decides_the_container(tmp_path: Path, ending: str) -> None:
    info = probe(make_video(tmp_path / f"a.{ending}", seconds=1, size=(160, 90), codec="mpeg4"))
    assert info.codec == "mpeg4"
    assert info.seconds == pytest.approx(1.0, abs=0.1)


def test_the_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.mkv", "b.mkv"):
        make_video(tmp_path / name, seconds=1, title="Dune Walk", seed=3, size=(160, 90))
    assert (tmp_path / "a.mkv").read_bytes() == (tmp_path / "b.mkv").read_bytes()


def test_another_seed_or_title_is_another_video(tmp_path: Path) -> None:
    contents = {
        make_video(tmp_path / "a.mp4", seconds=1, seed=seed, title=title, size=(160, 90)).read_bytes()
        for seed, title in ((1, "One"), (2, "One"), (1, "Two"))
    }
    assert len(contents) == 3


def test_missing_folders_are_made(tmp_path: Path) -> None:
    assert make_video(tmp_path / "x" / "y" / "a.mp4", seconds=0.2, size=(160, 90)).is_file()


def test_a_picture_changes_over_the_video(tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mp4", seconds=3, size=(160, 90))
    first, last = picture(path, at=0), picture(path, at=2.9)
    assert first.size == last.size == (160, 90)
    assert first.tobytes() != last.tobytes()
    assert picture(path, at=99).tobytes() == picture(path, at=2.95).tobytes()


def test_a_title_may_have_umlauts_quotes_and_emoji(tmp_path: Path) -> None:
    assert probe(make_video(tmp_path / "a.mp4", seconds=0.2, title="Über “Noir” 🎬")).seconds > 0


def test_a_broken_video_cannot_be_opened(tmp_path: Path) -> None:
    path = broken_video(tmp_path / "broken.mp4")
    assert path.stat().st_size == 50_000
    with pytest.raises(av.FFmpegError):
        probe(path)


def test_a_file_without_a_picture_is_no_video(tmp_path: Path) -> None:
    path = tmp_path / "sound.wav"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        frame = av.AudioFrame(format="s16", layout="mono", samples=800)
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
    with pytest.raises(av.FFmpegError, match="no video"):
        probe(path)
