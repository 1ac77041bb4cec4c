"""Which people: conditions over the list of members, as editors build them.

``base`` is the contract, ``groups`` nests rules, ``words`` joins their clauses to a sentence,
``blocks`` is what an editor fills in, and the other modules are the rules themselves. Other
rooms add theirs with ``register_crm_segment_rules``.
"""
