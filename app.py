"""The Diffusion Convergence Lab: ``streamlit run app.py``."""

from dashboard import navigation

navigation.show()
