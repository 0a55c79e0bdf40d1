"""The update of every sampler as LaTeX, with s_t the score, beta_t = 1 - alpha_t, Z normal.

In lines that fit on a phone.
"""

UPDATES = {
    "ode": r"Y_{t-1}=\frac{1}{\sqrt{\alpha_t}}\Big(Y_t+\frac{1-\alpha_t}{2}\,s_t(Y_t)\Big)",
    "ddpm": r"\begin{aligned}Y_{t-1}&=\frac{1}{\sqrt{\alpha_t}}\Big(Y_t+(1-\alpha_t)\,s_t(Y_t)\\"
    r"&\quad+\sqrt{1-\alpha_t}\,Z_t\Big)\end{aligned}",
    "ode-accelerated": r"\begin{aligned}Y_t^-&=\sqrt{\alpha_{t+1}}\Big(Y_t-\frac{1-\alpha_{t+1}}{2}"
    r"\,s_t(Y_t)\Big)\\Y_{t-1}&=\frac{1}{\sqrt{\alpha_t}}\Big(Y_t+\frac{1-\alpha_t}{2}\,s_t(Y_t)\\"
    r"&\quad+\frac{(1-\alpha_t)^2}{4(1-\alpha_{t+1})}\big(s_t(Y_t)\\"
    r"&\qquad-\sqrt{\alpha_{t+1}}\,s_{t+1}(Y_t^-)\big)\Big)\end{aligned}",
    "ddpm-accelerated": r"\begin{aligned}Y_t^+&=Y_t+\sqrt{\tfrac{1-\alpha_t}{2}}\,Z_t\\"
    r"Y_{t-1}&=\frac{1}{\sqrt{\alpha_t}}\Big(Y_t^++(1-\alpha_t)\,s_t(Y_t^+)\\"
    r"&\quad+\sqrt{\tfrac{1-\alpha_t}{2}}\,Z_t^+\Big)\end{aligned}",
    "ode-taylor": r"\begin{aligned}Y_{t-1}&=\frac{1}{\sqrt{\alpha_t}}\Big(Y_t"
    r"+\frac{\beta_t}{2}\,s\\&\quad-\frac{\beta_t^2}{8}\big(\nabla\operatorname{tr}H+H s\big)\Big),"
    r"\\s&=s_t(Y_t),\quad H=\nabla s_t(Y_t)\end{aligned}",
    "ddpm-covariance": r"\begin{aligned}Y_{t-1}&=\frac{1}{\sqrt{\alpha_t}}\Big(Y_t+\beta_t\,s\\"
    r"&\quad+\sqrt{\beta_t}\big(I+\tfrac{\beta_t}{2}H\big)Z_t\Big),\\"
    r"s&=s_t(Y_t),\quad H=\nabla s_t(Y_t)\end{aligned}",
    "ddim": r"\begin{aligned}Y_{t-1}&=\sqrt{\bar\alpha_{t-1}}\,\hat x_0\\"
    r"&\quad+\sqrt{1-\bar\alpha_{t-1}-\nu_t^2}\;\hat\epsilon+\nu_t Z_t,\\"
    r"\hat\epsilon&=-\sqrt{1-\bar\alpha_t}\,s_t(Y_t),\\"
    r"\hat x_0&=\frac{Y_t-\sqrt{1-\bar\alpha_t}\,\hat\epsilon}{\sqrt{\bar\alpha_t}}\end{aligned}",
    "heun": r"\begin{aligned}u_{t-1}&=u_t+\frac{\sigma_{t-1}-\sigma_t}{2}\big(\hat\epsilon_t(u_t)\\"
    r"&\quad+\hat\epsilon_{t-1}(u_t+(\sigma_{t-1}-\sigma_t)\,\hat\epsilon_t)\big),\\"
    r"u&=\frac{Y}{\sqrt{\bar\alpha}},\quad\sigma^2=\frac{1}{\bar\alpha}-1\end{aligned}",
    "dpmpp-2m": r"\begin{aligned}Y_{t-1}&=\sqrt{\frac{1-\bar\alpha_{t-1}}{1-\bar\alpha_t}}\,Y_t\\"
    r"&\quad-\sqrt{\bar\alpha_{t-1}}\,(e^{-\Delta\lambda_t}-1)\Big(\hat x_0^{(t)}\\"
    r"&\qquad+\frac{\Delta\lambda_t}{2\,\Delta\lambda_{t+1}}"
    r"\big(\hat x_0^{(t)}-\hat x_0^{(t+1)}\big)\Big),\\"
    r"\Delta\lambda_t&=\lambda_{t-1}-\lambda_t,\quad"
    r"\lambda_t=\log\frac{\sqrt{\bar\alpha_t}}{\sqrt{1-\bar\alpha_t}}\end{aligned}",
}
