"""Proofs for any size by induction, and bounded model checking of one scope."""
