"""Fetches all files of a .torrent with libtorrent, from its web seeds alone: libtorrent-get.py TORRENT FOLDER"""

import sys

import libtorrent as lt

torrent_file, folder = sys.argv[1:]
session = lt.session(
    {
        "listen_interfaces": "127.0.0.1:0",
        "enable_dht": False,
        "enable_lsd": False,
        "enable_upnp": False,
        "enable_natpmp": False,
        "alert_mask": lt.alert.category_t.all_categories,
    }
)
info = lt.torrent_info(torrent_file)
print(lt.version, "v1:", info.info_hashes().has_v1(), "v2:", info.info_hashes().has_v2(), "files:", info.num_files())
handle = session.add_torrent({"ti": info, "save_path": folder})
handle.replace_trackers([])

while True:
    session.wait_for_alert(1000)
    for alert in session.pop_alerts():
        if isinstance(alert, (lt.url_seed_alert, lt.torrent_error_alert, lt.hash_failed_alert, lt.file_error_alert)):
            print(alert.message(), flush=True)
    if handle.status().is_seeding:
        break

# What it has in memory is on disk once this is answered.
handle.save_resume_data(lt.save_resume_flags_t.flush_disk_cache)
while not any(isinstance(alert, lt.save_resume_data_alert) for alert in session.pop_alerts()):
    session.wait_for_alert(1000)
