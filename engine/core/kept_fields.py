"""What of each record stays when a person is forgotten: form, times, money, the network's own settings."""

from __future__ import annotations

from collections.abc import Mapping

ALL = "*"
"""Every field."""

KEPT: Mapping[str, str] = {
    # events
    "CallArrived": (
        "at call carrier called_number started_at seed claims hears again_of gone format behaviour"
    ),
    "PromptPlayed": ALL,
    "PromptCleared": ALL,
    "PromptFailed": "at leg prompt",
    "KeyPressed": "at leg key",
    "SpeechStarted": ALL,
    "SpeechHeard": "at listening confidence started_at ended_at engine",
    "SpeechFailed": "at listening",
    "TimerFired": ALL,
    "ReservationGranted": ALL,
    "ReservationRefused": "at reservation code details",
    "BillingClaimed": ALL,
    "ClaimRefused": "kind whose",
    "Surveyed": ALL,
    "Standing": ALL,
    "BidsIn": ALL,
    "Bid": "buyer outcome amount_micros ms to name expires_at is_elsewhere",
    "BidConfirmed": "at confirmation accepted ms to is_clear",
    "LookedUp": "at lookup outcome status ms cached fields",
    "BuyerTold": "at leg outcome ms",
    "LegRinging": ALL,
    "LegAnswered": ALL,
    "LegBridged": ALL,
    "LegEnded": "at leg outcome ended_by is_ours",
    "StreamLost": ALL,
    "StreamBack": ALL,
    "VoiceReplaced": "at leg prompt",
    "RecordingStarted": ALL,
    "RecordingFailed": "at recording",
    "CallerHungUp": ALL,
    "CallInterrupted": ALL,
    "CommandFailed": "at command",
    # commands
    "Sound": ALL,
    "Play": ALL,
    "StopPlaying": ALL,
    "Listen": ALL,
    "StopListening": ALL,
    "SetTimer": ALL,
    "CancelTimer": ALL,
    "Reserve": ALL,
    "PlaceTerms": ALL,
    "ScopedLimits": ALL,
    "RefusedDuplicates": ALL,
    "BillClaim": ALL,
    "ClaimBilling": ALL,
    "Survey": ALL,
    "Release": ALL,
    "Bidder": ALL,
    "Ping": "ping campaign deadline_ms bidders",
    "Confirm": ALL,
    "ReleaseBid": ALL,
    "Told": "name value sensitive",
    "LookUp": ALL,
    "TellBuyer": ALL,
    "Dial": ALL,
    "Bridge": ALL,
    "EndLeg": ALL,
    "HangUp": ALL,
    "StartRecording": ALL,
    "SilenceRecording": ALL,
    "ResumeRecording": ALL,
    "StopRecording": ALL,
    "Record": ALL,
    "Post": ALL,
    # facts
    "CallOpened": ALL,
    "Step": ALL,
    "Question": "language audio_sha256",
    "Utterance": "engine started_at ended_at",
    "Source": "name",
    "Answer": (
        "name kind value values mode confidence attempts confirmed node question asked_at answered_at "
        "sensitive utterance began_at source"
    ),
    "ZipRead": "at row",
    "Candidate": ALL,
    "Decision": ALL,
    "BuyerNotice": "outcome ms",
    "Leg": ALL,
    "Timer": ALL,
    "Verdict": ALL,
    "LedgerEntry": ALL,
    "Recording": ALL,
    "Turn": ALL,
    "Tag": "at node name",
    "Consent": "at node answer version wording sha256 granted given_by",
    "Voicemail": "at node recording began_at ended_by voiced",
    "Fault": "at where code details",
    "Ending": ALL,
    # what the store makes of them
    "Proposal": ALL,
    "Ground": "code details line known since",
    "Known": "answer mode confidence confirmed attempts node at value",
}
"""By record, the fields that stay, or whose own fields are looked at in turn."""
