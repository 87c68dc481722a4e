"""The draw: from the request over intent and contributions to the committee, its vacancies, and its bundle."""
