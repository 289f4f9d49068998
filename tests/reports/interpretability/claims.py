from catalogue import of_report

from layerwise.claims import sources

STUDIES = of_report("studies", "interpretability")


def check_claims(module, arrays):
    """Check that claims read existing studies and, for the studies of a module, existing arrays."""
    for name, claim in of_report("claims", "interpretability").items():
        for source in sources(claim):
            _, study, array = source.split("/")
            assert study in STUDIES, f"{name}: {source}"
            assert STUDIES[study]["module"] != module or array in arrays, f"{name}: {source}"
