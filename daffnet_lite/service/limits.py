from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """What a request may ask for.

    Args:
        file_bytes (int): The most bytes of a file. Defaults to 32 million.
        request_bytes (int): The most bytes of a request. Defaults to 64
            million. So much is held in the memory for each of the requests
            at once.
        files (int): The most files of a request. Defaults to 1,000.
        upload_seconds (float): In which a request must have arrived. Defaults
            to 60.
        compute_seconds (float): In which it must be answered, once it is its
            turn. Defaults to 120.
        requests (int): Requests that arrive, wait or are computed at once.
            Defaults to 16.
    """

    file_bytes: int = 32_000_000
    request_bytes: int = 64_000_000
    files: int = 1_000
    upload_seconds: float = 60
    compute_seconds: float = 120
    requests: int = 16
