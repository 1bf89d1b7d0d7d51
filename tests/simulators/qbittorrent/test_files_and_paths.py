"""Where a torrent's files are, by its file list and its paths."""

from tests.simulators.qbittorrent.servers import AnyQbittorrent, write


def test_the_file_list_has_names_relative_to_the_save_path(qbt: AnyQbittorrent) -> None:
    torrent = qbt.seed("Walk", write(qbt, "Walk/one.mp4", "Walk/sub/two.mp4"))
    assert [file.name for file in torrent.files] == ["Walk/one.mp4", "Walk/sub/two.mp4"]
    assert torrent.files[0].size == (qbt.downloads / "Walk/one.mp4").stat().st_size
    assert torrent.content_path == str(qbt.downloads / "Walk")


def test_the_content_path_of_one_file_is_the_file(qbt: AnyQbittorrent) -> None:
    torrent = qbt.seed("one.mp4", write(qbt, "one.mp4"))
    assert torrent.content_path == str(qbt.downloads / "one.mp4")
    assert [file.name for file in torrent.files] == ["one.mp4"]


def test_the_content_path_of_one_file_in_a_folder_is_the_file_too(qbt: AnyQbittorrent) -> None:
    torrent = qbt.seed("Walk", write(qbt, "Walk/one.mp4"))
    assert torrent.content_path == str(qbt.downloads / "Walk/one.mp4")


def test_without_a_root_folder_the_content_path_is_the_save_path_with_everything_else_in_it(
    qbt: AnyQbittorrent,
) -> None:
    write(qbt, "somebody else's.mp4")
    torrent = qbt.seed("No Root", write(qbt, "one.mp4", "two.mp4"))
    assert torrent.content_path == torrent.save_path == str(qbt.downloads)
    assert [file.name for file in torrent.files] == ["one.mp4", "two.mp4"]


def test_two_torrents_can_have_the_same_name(qbt: AnyQbittorrent) -> None:
    first = qbt.seed("Walk", write(qbt, "Walk/one.mp4"))
    write(qbt, "Walk/one.mp4", folder="other")
    second = qbt.seed("Walk", ["Walk/one.mp4"], qbt.downloads / "other")
    assert first.name == second.name == "Walk"
    assert first.hash != second.hash
    assert first.content_path != second.content_path


def test_names_may_have_spaces_umlauts_quotes_and_emoji(qbt: AnyQbittorrent) -> None:
    name = "Über \"den\" 'Wolken' 🎬 & co"
    torrent = qbt.seed(name, write(qbt, f"{name}/Täg 1.mp4", f"{name}/b 🎉.mp4"))
    assert torrent.name == name
    assert [file.name for file in torrent.files] == [f"{name}/Täg 1.mp4", f"{name}/b 🎉.mp4"]
    assert torrent.content_path == str(qbt.downloads / name)
