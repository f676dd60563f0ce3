import hashlib


def file_sha256(path: str) -> str:
    """Hash a file.

    Args:
        path (str): The file.

    Returns:
        str: SHA-256 in hexadecimal digits.
    """
    digest = hashlib.sha256()
    with open(path, 'rb') as f:
        for block in iter(lambda: f.read(1 << 20), b''):
            digest.update(block)
    return digest.hexdigest()
